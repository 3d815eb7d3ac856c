/** Exact search for the 32 nearest of a million features of 512 numbers, in a file that is mapped; beside numpy and usearch where a Python has them. */
import { spawnSync } from "node:child_process";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FeatureIndex } from "../src/retrieve/feature-index.ts";
import { npyHeader, openFeatureFile } from "../src/retrieve/platform/node-feature-file.ts";
import { unit } from "../src/retrieve/vectors.ts";
import { type Figure, median } from "./measure.ts";
import { noise } from "./random-model.ts";

const [count, width, queries, wanted] = [1_000_000, 512, 16, 32];
const rowsAtOnce = 10_000;

export async function retrievalFigures(rounds: number): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), "flamingo-retrieval-"));
  try {
    const path = join(folder, "features.npy");
    const file = await open(path, "w");
    await file.write(npyHeader(count, width));
    const rows = noise([rowsAtOnce, width]).data as Float32Array;
    for (let i = 0; i < rowsAtOnce; i++) rows.set(unit(rows.subarray(i * width, (i + 1) * width)), i * width);
    // The same directions again and again, each time turned by swapping two numbers: what is measured does not depend on what is found.
    for (let at = 0; at < count; at += rowsAtOnce) {
      await file.write(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength));
      for (let i = 0; i < rowsAtOnce; i++) rows.subarray(i * width, (i + 1) * width).reverse();
    }
    await file.close();
    const asked = (noise([queries, width]).data as Float32Array).slice();
    for (let i = 0; i < queries; i++) asked.set(unit(asked.subarray(i * width, (i + 1) * width)), i * width);
    const started = performance.now();
    const index = await FeatureIndex.open(await openFeatureFile(path));
    const opened = performance.now() - started;
    const times = { one: [] as number[], many: [] as number[] };
    for (let round = -1; round < rounds; round++) {
      for (const [name, of] of [
        ["one", asked.slice(0, width)],
        ["many", asked],
      ] as const) {
        const begun = performance.now();
        await index.nearest(of, wanted);
        if (round >= 0) times[name].push(performance.now() - begun);
      }
    }
    const { rss } = process.memoryUsage();
    const figures: Figure[] = [
      { name: "RICES: opening a million features of 512 in a mapped file", value: opened, unit: "ms" },
      { name: "RICES: the 32 nearest of them, one question", value: median(times.one), unit: "ms" },
      { name: "RICES: the same, each of 16 questions together", value: median(times.many) / queries, unit: "ms" },
      { name: "RICES: memory of the process, pages of the file that are mapped included", value: rss / 1e6, unit: "MB" },
    ];
    await index.dispose();
    return [...figures, ...peers(path, rounds)];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Figures of numpy and usearch, in a process of their own. */
function peers(path: string, rounds: number): Figure[] {
  const python = process.env["FLAMINGO_BENCH_PYTHON"] ?? "python3";
  const script = fileURLToPath(new URL("retrieval-peers.py", import.meta.url));
  const { stdout, status } = spawnSync(python, [script, path, String(queries), String(wanted), String(rounds)], { encoding: "utf8" });
  if (status === 0) return JSON.parse(stdout) as Figure[];
  console.error(`${python} has no numpy and usearch (pip install numpy usearch; FLAMINGO_BENCH_PYTHON names another Python): they are not measured`);
  return [];
}
