/**
 * Our side of the comparison with llama.cpp: SmolLM2-135M from the same GGUF file, its matrices in the file's own blocks; see llama.py.
 *
 *     node bench/peers/smollm2.ts --threads 2
 */
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import smollm2 from "../../configs/smollm2-135m/model.ts";
import { ggufLanguageConfig, readGgufLanguage } from "../../src/checkpoint/published/gguf-language.ts";
import { openWeightsAt } from "../../src/checkpoint/weights.ts";
import { LanguageContext } from "../../src/generate/language-context.ts";
import { ModelSessions } from "../../src/generate/model-sessions.ts";
import { parseFlamingoConfig } from "../../src/model/config.ts";
import { Flamingo } from "../../src/model/flamingo.ts";
import { formatsOf } from "../../src/nn/scope.ts";
import { createRuntime, type HostTensor } from "../../src/runtime/runtime.ts";
import { smollm2File } from "../../tools/smollm2-file.ts";

const { values } = parseArgs({ options: { threads: { type: "string" } } });
const { file, close } = await openWeightsAt(smollm2File);
const language = ggufLanguageConfig(file, smollm2File);
const weights = new Map<string, HostTensor>();
for await (const [path, tensor] of readGgufLanguage(file, language, smollm2File, true)) weights.set(path, tensor);
await close();
const network = new Flamingo(parseFlamingoConfig({ ...smollm2, language }), formatsOf(weights));
const runtime = await createRuntime({ device: "cpu", threads: Number(values.threads) });
const sessions = new ModelSessions(network, weights, runtime);

const noMedia = (tokens: readonly number[]) => ({ tokens, mediaOf: tokens.map(() => -1), media: [] });

/** Milliseconds to read `prefill` tokens, and for each of `decode` tokens after them, one by one. */
async function measured(prefill: number, decode: number): Promise<object> {
  const context = LanguageContext.create(sessions, false);
  const prompt = Array.from({ length: prefill }, (_, i) => 100 + ((13 * i) % 4000));
  const started = performance.now();
  await context.read([noMedia(prompt)]);
  const read = performance.now();
  for (let i = 0; i < decode; i++) await context.read([noMedia([100 + i])]);
  const ended = performance.now();
  await context.dispose();
  return { prefill: (read - started) / 1000, decode: (ended - read) / 1000 / decode };
}

await measured(16, 2);
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const { prefill, decode } = JSON.parse(line) as { prefill: number; decode: number };
  process.stdout.write(`${JSON.stringify(await measured(prefill, decode))}\n`);
}
await runtime.dispose();
