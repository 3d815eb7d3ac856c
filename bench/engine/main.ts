/**
 * How far ONNX Runtime's Node binding is from what ONNX Runtime can do: SmolLM2-135M decoded by llama.cpp, by the package, by the package's graph through the C interface, and by a graph of the fewest nodes with its
 * caches in place, in turns; docs/engine.md says what was found.
 *
 *     npm run bench:engine -- --rounds 3 --threads 1
 *
 * It needs data/smollm2 (tools/ensure-smollm2.ts) and Linux. With one thread, processor time says more than the clock where other work is on the cores.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { smollm2File } from "../../tools/smollm2-file.ts";
import { median } from "../measure.ts";
import { pythonEnvironment } from "../peers/environment.ts";
import { Peer } from "../peers/peer.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "3" }, threads: { type: "string", default: "1" } } });
const python = await pythonEnvironment((message) => void process.stderr.write(`${message}\n`));
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const ours = (name: string, ...args: readonly string[]) =>
  Peer.start(process.execPath, ["--conditions=flamingo-source", script(name), smollm2File, "--threads", values.threads, ...args]);
const peers = {
  "llama.cpp": await Peer.start(python, [script("../peers/llama.py"), smollm2File, "49152", values.threads]),
  package: await ours("../peers/gguf.ts"),
  "its graph for everything, bound": await ours("native-decoder.ts", "--graph", "language"),
  "its graph of one token, bound": await ours("native-decoder.ts", "--graph", "step"),
};
const found = Object.entries(peers).map(([name, peer]) => ({ name, peer, clock: [] as number[], processor: [] as number[] }));
for (let round = 0; round <= Number(values.rounds); round++) {
  for (const { peer, clock, processor } of found) {
    const answer = await peer.ask({ prefill: 512, decode: 128 });
    // The first one does not count.
    if (round === 0) continue;
    clock.push(answer["clock"] as number);
    processor.push(answer["processor"] as number);
  }
}
for (const { peer } of found) await peer.end();
const milliseconds = (seconds: readonly number[]): string => `${(1000 * median(seconds)).toFixed(2)} ms`;
process.stdout.write("| a token of SmolLM2-135M after 512 | clock | processor |\n|---|---|---|\n");
for (const { name, clock, processor } of found) process.stdout.write(`| ${name} | ${milliseconds(clock)} | ${milliseconds(processor)} |\n`);
