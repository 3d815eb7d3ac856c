import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { prepareTraining } from "../../src/cli/training-inputs.ts";
import { AdamW } from "../../src/nn/optimiser.ts";
import { createRuntime, type HostTensor, type Runtime } from "../../src/runtime/runtime.ts";
import { trainingLoop } from "../../src/train/loop.ts";
import type { TrainingSource } from "../../src/train/training-source.ts";
import { nanoConfig } from "./nano-config.ts";
import { wholeBatch } from "./whole-batch.ts";

let folder: string;
let runtime: Runtime;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-module-"));
  runtime = await createRuntime({ device: "cpu", threads: 1, worker: false });
});
afterAll(async () => {
  await runtime.dispose();
  await rm(folder, { recursive: true, force: true });
});

const config = (source: object, changes: object = {}) =>
  nanoConfig({ kind: "module", name: "discs", module: "./discs.ts", rows: 3, ...source }, { name: "discs", ...changes });

const open = async (source: object, changes: object = {}): Promise<TrainingSource> =>
  (await prepareTraining(config(source, changes), { folder, modules: import.meta.dirname }, runtime, () => {})).sources[0]!;

type Batch = Readonly<Record<string, HostTensor>>;
const batchOf = async (source: TrainingSource, step: number): Promise<Batch> => (await source.batch(step))[0]!.feeds();
const lengthsOf = ({ tokens, rows }: Batch): number[] => [tokens!.shape[1]!, rows!.shape[0]!];

describe("a module of documents", () => {
  test("gives batches that depend on the seed and the step alone", async () => {
    const [first, second] = [await open({}), await open({})];
    const batches: Batch[] = [];
    for (const step of [0, 1, 9, 17]) batches.push(await batchOf(first, step));
    // In another order, from another opening.
    for (const [i, step] of [0, 1, 9, 17].entries()) expect(await batchOf(second, step)).toEqual(batches[i]);
    expect(await batchOf(await open({}, { train: { steps: 1, seed: 5 } }), 0)).not.toEqual(batches[0]);
    expect(batches[0]!["features"]!.shape.slice(1)).toEqual([1, 39, 432]);
  });

  test("shares out its documents by length: the same ones, with less padding", async () => {
    const sizes = async (bucket: number): Promise<{ computed: number; learnt: number }> => {
      const source = await open({ bucket });
      let [computed, learnt] = [0, 0];
      for (let step = 0; step < 8; step++) {
        const [length, labels] = lengthsOf(await batchOf(source, step)) as [number, number];
        computed += 3 * length;
        learnt += labels;
      }
      return { computed, learnt };
    };
    const [alone, sorted] = [await sizes(1), await sizes(8)];
    expect(sorted.computed).toBeLessThan(0.9 * alone.computed);
    // One and two chunks in equal shares either way; the random numbers are others.
    expect(sorted.learnt).toBeGreaterThan(0.7 * alone.learnt);
  });

  test("shows the same features whether they are stored or computed when they are shown, but for the store's 8 bits", async () => {
    const [stored, drawn] = [await batchOf(await open({ options: { stored: true } }), 3), await batchOf(await open({}), 3)];
    expect(stored["tokens"]).toEqual(drawn["tokens"]);
    const [a, b] = [stored["features"]!.data as Float32Array, drawn["features"]!.data as Float32Array];
    const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest).toBeGreaterThan(0.1);
    // A disc of 256 pixels that is shrunk and one of 192 differ at its edge.
    const mean = a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
    expect(mean).toBeLessThan(0.03 * largest);
  });

  test("gives as many rows as a merged batch asks for, the same ones for the same step", async () => {
    for (const source of [await open({}), await open({ tokens: 16 }, { stage: "language" })]) {
      const batch = async (step: number, rows: number): Promise<Batch> => (await source.batch(step, rows))[0]!.feeds();
      expect((await batch(3, 5))["tokens"]!.shape[0]).toBe(5);
      expect(await batch(3, 5)).toEqual(await batch(3, 5));
      expect((await batch(4, 5))["tokens"]!.data).not.toEqual((await batch(3, 5))["tokens"]!.data);
    }
  });

  test('gives pairs of pictures to a stage "resampler"', async () => {
    const { first, second } = await batchOf(await open({ rows: 2 }, { stage: "resampler" }), 0);
    expect(first!.shape).toEqual([2, 1, 39, 432]);
    expect(second).toEqual(first);
  });

  test("takes part from one step to another", async () => {
    const seen: string[] = [];
    const source = (name: string, from?: number, until?: number): TrainingSource => ({
      name,
      weight: 1,
      from,
      until,
      batch(step) {
        seen.push(`${name}${step}`);
        return Promise.resolve(wholeBatch({}));
      },
    });
    const weights = new Map([["w", new Float32Array(1)]]);
    const loop = (sources: readonly TrainingSource[]) =>
      trainingLoop({
        session: {
          run: () =>
            Promise.resolve({
              loss: { dtype: "float32", shape: [], data: Float32Array.of(1) },
              "gradient.w": { dtype: "float32", shape: [1], data: new Float32Array(1) },
            }),
        },
        weights,
        shapes: new Map([["w", [1]]]),
        sources,
        combine: "accumulation",
        optimiser: new AdamW(weights, { groupOf: () => ({ weightDecay: 0 }) }),
        schedule: () => 0,
        firstStep: 0,
        steps: 3,
      });
    for await (const _ of loop([source("a", 0, 2), source("b", 1)]));
    expect(seen).toEqual(["a0", "a1", "b1", "b2"]);
    await expect(loop([source("c", 1)]).next()).rejects.toThrow(/no data set takes part in step 1/);
  });
});

describe("a module that does not fit is named, with what it should be", () => {
  const module = async (text: string): Promise<string> => {
    const file = join(folder, `${text.length}-${Math.abs([...text].reduce((sum, each) => (sum * 31 + each.charCodeAt(0)) | 0, 0))}.ts`);
    await writeFile(file, text);
    return file;
  };

  test.each([
    ["./none.ts", /the module .*none\.ts is not there; name a TypeScript or JavaScript file whose default export opens a data set/],
    ["export default 3;", /exports no function by default; it should be one that opens a data set/],
    ["export default (", /cannot be loaded: /],
    ["export default () => undefined;", /gave something else than it should; it should be a function that opens a data set/],
    ["export default () => ({});", /opens nothing with document\(\), which a stage "flamingo" learns from/],
  ])("%s", async (text, message) => {
    await expect(open({ module: text.startsWith("./") ? text : await module(text) })).rejects.toThrow(message);
  });

  test("pictures of two data sets in one folder of features must be the same", async () => {
    const others = await module(
      'export default () => ({ document: () => [], pictures: { ids: ["plum"], versions: 1, key: "", render: () => Promise.reject(new Error("no")) } });',
    );
    const data = [
      { kind: "module", name: "discs", module: "./discs.ts", rows: 3, options: { stored: true }, features: join(folder, "shared") },
      { kind: "module", name: "others", module: others, rows: 3, features: join(folder, "shared") },
    ];
    await expect(open({}, { data })).rejects.toThrow(/"others" shows the picture "plum", which another one that keeps its features in .*shared does not/);
  });
});
