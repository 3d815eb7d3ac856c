/**
 * SmolLM2-135M decoded by llama.cpp and by the package, which calls ONNX Runtime by its C interface or by its binding for Node, in turns; docs/engine.md says what was found.
 *
 *     npm run bench:engine -- --rounds 3 --threads 1 --rows 1 --prompt 512
 *
 * It needs data/smollm2 (tools/ensure-smollm2.ts) and Linux. With one thread, processor time says more than the clock where other work is on the cores.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { smollm2File } from "../tools/smollm2-file.ts";
import { median } from "./measure.ts";
import { pythonEnvironment } from "./peers/environment.ts";
import { Peer } from "./peers/peer.ts";

const option = (value: string) => ({ type: "string", default: value }) as const;
const { values } = parseArgs({ options: { rounds: option("3"), threads: option("1"), rows: option("1"), prompt: option("512") } });
const { threads, rows } = values;
const python = await pythonEnvironment((message) => void process.stderr.write(`${message}\n`));
const script = (name: string): string => fileURLToPath(new URL(`peers/${name}`, import.meta.url));
const ours = (way: "c" | "binding") => {
  const command = [process.execPath, "--conditions=flamingo-source", script("gguf.ts"), smollm2File, "--threads", threads, "--rows", rows];
  return Peer.start("env", [`FLAMINGO_ONNX_RUNTIME=${way}`, ...command]);
};
const peers = {
  "llama.cpp": await Peer.start(python, [script("llama.py"), smollm2File, "49152", threads, rows]),
  "the package, by the C interface": await ours("c"),
  "the package, by the binding": await ours("binding"),
};
const found = Object.entries(peers).map(([name, peer]) => ({ name, peer, clock: [] as number[], processor: [] as number[] }));
for (let round = 0; round <= Number(values.rounds); round++) {
  for (const { peer, clock, processor } of found) {
    const answer = await peer.ask({ prefill: Number(values.prompt), decode: 128 });
    // The first one does not count.
    if (round === 0) continue;
    clock.push(answer["clock"] as number);
    processor.push(answer["processor"] as number);
  }
}
for (const { peer } of found) await peer.end();
const [{ clock: theirs }] = found as [(typeof found)[number]];
const milliseconds = (seconds: readonly number[]): string => `${(1000 * median(seconds)).toFixed(2)} ms`;
process.stdout.write(
  `| a token of SmolLM2-135M after ${values.prompt}, rows: ${rows}, threads: ${threads} | clock | processor | over llama.cpp, by the clock |\n|---|---|---|---|\n`,
);
for (const { name, clock, processor } of found)
  process.stdout.write(`| ${name} | ${milliseconds(clock)} | ${milliseconds(processor)} | ${(median(theirs) / median(clock)).toFixed(2)}x |\n`);
