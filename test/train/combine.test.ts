import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { prepareTraining } from "../../src/cli/training-inputs.ts";
import { createRuntime, type HostTensor, type Runtime } from "../../src/runtime/runtime.ts";
import { activeSources } from "../../src/train/combine.ts";
import { train } from "../../src/train/run.ts";
import type { Row } from "../../src/train/text-batches.ts";
import type { BatchPart, TrainingSource } from "../../src/train/training-source.ts";
import { counting, countingRows, memoryFiles, tiny, tinyConfig } from "./counting.ts";
import { nanoConfig } from "./nano-config.ts";

let runtime: Runtime;
let folder: string;
beforeAll(async () => {
  runtime = await createRuntime({ device: "cpu", threads: 1, worker: false });
  folder = await mkdtemp(join(tmpdir(), "flamingo-combine-"));
  const page = (i: number): string => JSON.stringify({ pieces: [{ text: Array.from({ length: 20 }, (_, j) => `${(i * j) % 7}`).join(" ") }] });
  await writeFile(join(folder, "pages.jsonl"), `${Array.from({ length: 9 }, (_, i) => page(i)).join("\n")}\n`);
});
afterAll(async () => {
  await runtime.dispose();
  await rm(folder, { recursive: true, force: true });
});

const source = (name: string, weight: number, rows: number): TrainingSource => ({ name, weight, rows, batch: () => Promise.resolve([]) });

describe("a merged step", () => {
  test("has as many rows as all data sets together, each of one drawn by its weight, and depends on seed and step", () => {
    const present = [source("a", 3, 5), source("b", 1, 11)];
    const seen = new Map<string, number>();
    for (let step = 0; step < 400; step++) {
      const active = activeSources("merged", present, step, 7);
      expect(activeSources("merged", present, step, 7)).toEqual(active);
      expect(active.reduce((sum, { rows }) => sum + rows!, 0)).toBe(16);
      for (const { source: each, rows } of active) seen.set(each.name, (seen.get(each.name) ?? 0) + rows!);
    }
    expect(seen.get("a")! / (400 * 16)).toBeCloseTo(0.75, 1);
    const drawn = (seed: number): unknown => Array.from({ length: 20 }, (_, step) => activeSources("merged", present, step, seed));
    expect(drawn(8)).not.toEqual(drawn(7));
  });

  test("learns what one batch of all its rows teaches", async () => {
    /** Rows of a data set in a step; those of "b" are short, so that a mean of means would be another. */
    const rowsOf = (name: string, step: number, rows: number): Row[] => countingRows(`${name} ${step}`, rows, name === "a" ? 12 : 4);
    const counted = (name: string, weight: number): TrainingSource => ({
      name,
      weight,
      rows: 3,
      batch: (step, rows = 3) => Promise.resolve([counting(rowsOf(name, step, rows))]),
    });
    const mixture = [counted("a", 1), counted("b", 2)];
    const joint: TrainingSource = {
      name: "joint",
      weight: 1,
      batch: (step) => Promise.resolve([counting(activeSources("merged", mixture, step, 3).flatMap((each) => rowsOf(each.source.name, step, each.rows!)))]),
    };
    const trained = async (combine: string, sources: readonly TrainingSource[]): Promise<ReadonlyMap<string, HostTensor>> => {
      const config = tinyConfig({ combine, train: { ...tiny.train, steps: 5 } });
      const run = train({ config, sources, initial: new Map(), runtime, files: memoryFiles(), resume: false });
      for (let result = await run.next(); ; result = await run.next()) if (result.done === true) return result.value;
    };
    const [merged, whole] = [await trained("merged", mixture), await trained("accumulation", [joint])];
    for (const [path, { data }] of whole) {
      const found = merged.get(path)!.data as Float32Array;
      (data as Float32Array).forEach((value, i) => expect(Math.abs(found[i]! - value), `${path} ${i}`).toBeLessThan(2e-5));
    }
  });
});

describe("data sets give as many rows as they are asked for", () => {
  const labels = (parts: readonly BatchPart[]): number => parts.reduce((sum, part) => sum + part.labels, 0);
  const open = async (data: object): Promise<TrainingSource> =>
    (await prepareTraining(nanoConfig(data, { name: "combine", stage: "language" }), { folder, modules: import.meta.dirname }, runtime, () => {})).sources[0]!;
  const rowsOf = async (parts: readonly BatchPart[]): Promise<number> => {
    let rows = 0;
    for (const part of parts) rows += (await part.feeds())["tokens"]!.shape[0]!;
    return rows;
  };

  test("samples in files, each once, also when a run goes on in the middle", async () => {
    const data = { kind: "jsonl", name: "pages", paths: join(folder, "pages.jsonl"), rows: 2, bucket: 2 };
    const whole = await open(data);
    const counts = [3, 1, 5, 2, 4];
    const expected: unknown[] = [];
    for (const [step, rows] of counts.entries()) {
      const parts = await whole.batch(step, rows);
      expect(await rowsOf(parts)).toBe(rows);
      expect(labels(parts)).toBeGreaterThan(0);
      expected.push(await parts[0]!.feeds());
    }
    const first = await open(data);
    for (const [step, rows] of counts.slice(0, 3).entries()) await first.batch(step, rows);
    const second = await open(data);
    second.goOnFrom?.(JSON.parse(JSON.stringify(first.position?.())));
    for (const step of [3, 4]) expect(await (await second.batch(step, counts[step]))[0]!.feeds()).toEqual(expected[step]);
    for (const each of [whole, first, second]) await each.close?.();
  });
});

test.each([
  [{ combine: "merged", data: [{ ...tiny.data[0], clipNorm: 1 }] }, /"counting" has a "clipNorm" of its own, which its rows in a merged batch cannot have/],
  [{ combine: "merged", stage: "resampler" }, /"combine": "merged" is for documents/],
  [{ data: [{ ...tiny.data[0], from: 5, until: 5 }] }, /"counting": it takes part "from" step 5 "until" before step 5, which is in none/],
  [{ train: { ...tiny.train, microBatches: 5 } }, /"counting": 4 rows cannot be computed in "train\.microBatches": 5 parts/],
  [{ stage: "resampler", train: { ...tiny.train, microBatches: 2 } }, /a stage "resampler" tells each pair from all others of its batch/],
  [{ optimiser: { learningRate: 1, decay: "exponential" } }, /"optimiser": an exponential "decay" never comes to 0; name the "final" learning rate/],
  [{ optimiser: { learningRate: 1, final: 0.1 } }, /"optimiser": has a "final" learning rate, which a constant one never comes to/],
  [{ optimiser: { learningRate: 1, clipNorm: 1, adaptiveClip: 0.01 } }, /"optimiser": has a "clipNorm" and an "adaptiveClip"/],
  [{ optimiser: { learningRate: 1, groups: [{ paths: "(" }] } }, /"optimiser\.groups\.0\.paths": is no regular expression/],
  [{ combine: "merge" }, /"combine".*"merged".*found "merge"; perhaps "merged" was meant/],
  [{ optimiser: { learningrate: 1 } }, /unknown key "optimiser\.learningrate"; valid keys there: .*; perhaps "learningRate" was meant/],
  [{ optimiser: { learningRate: 1, groups: [{ path: "a" }] } }, /unknown key "optimiser\.groups\.0\.path"; .*; perhaps "paths" was meant/],
])("what contradicts itself is refused: %o", (changes, message) => {
  expect(() => tinyConfig(changes)).toThrow(message);
});
