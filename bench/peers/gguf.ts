/**
 * Our side of the comparison with llama.cpp: a language model from the same GGUF file, its matrices in the file's own blocks; see llama.py.
 *
 *     node bench/peers/gguf.ts FILE.gguf --threads 2 --rows 1
 */
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { LanguageContext } from "../../src/generate/language-context.ts";
import { createRuntime, free } from "../../src/runtime/runtime.ts";
import { decodingTimes } from "../decoding-times.ts";
import { ggufSessions } from "./gguf-model.ts";

const { values, positionals } = parseArgs({ options: { threads: { type: "string" }, rows: { type: "string", default: "1" } }, allowPositionals: true });
const runtime = await createRuntime({ device: "cpu", threads: Number(values.threads) });
const sessions = await ggufSessions(positionals[0]!, runtime);

const rows = Number(values.rows);
const inAllRows = (tokens: readonly number[]) => Array.from({ length: rows }, () => ({ tokens, mediaOf: tokens.map(() => -1), media: [] }));

/** Seconds to read `prefill` tokens in every row, and for each of `decode` tokens after them, one by one. */
async function measured(prefill: number, decode: number): Promise<object> {
  const context = LanguageContext.create(sessions, false, rows);
  const prompt = Array.from({ length: prefill }, (_, i) => 100 + ((13 * i) % 4000));
  const started = performance.now();
  await context.read(inAllRows(prompt));
  const read = performance.now();
  const medians = await decodingTimes(decode, async (i) => {
    // As answers do with scores that they have drawn from (`AnswerBatch`).
    for (const data of await context.read(inAllRows([100 + i]))) free({ data });
  });
  const ended = performance.now();
  await context.dispose();
  return { prefill: (read - started) / 1000, decode: (ended - read) / 1000 / decode, ...medians };
}

await measured(16, 2);
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const { prefill, decode } = JSON.parse(line) as { prefill: number; decode: number };
  process.stdout.write(`${JSON.stringify(await measured(prefill, decode))}\n`);
}
await runtime.dispose();
