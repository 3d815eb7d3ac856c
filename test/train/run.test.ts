import { mkdtemp, readdir, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createRuntime, type HostTensor } from "../../src/runtime/runtime.ts";
import { runFolder } from "../../src/train/platform/node-run-files.ts";
import { type TrainingEvent, type TrainingRun, train } from "../../src/train/run.ts";
import { parseTrainingConfig, type TrainingConfig } from "../../src/train/training-config.ts";
import type { TrainingSource } from "../../src/train/training-source.ts";
import { counting, countingRows, memoryFiles, tiny, tinyConfig } from "./counting.ts";
import { wholeBatch } from "./whole-batch.ts";

const runtime = await createRuntime({ device: "cpu", threads: 1, worker: false });
afterAll(() => runtime.dispose());

const counted: TrainingSource = {
  name: "counting",
  weight: 1,
  batch: (step) => Promise.resolve([counting(countingRows(`${step}`, 4, 12))]),
};

function runOf(changes: Partial<TrainingRun> & { config?: TrainingConfig }): TrainingRun {
  return { config: tinyConfig(), sources: [counted], initial: new Map(), runtime, files: memoryFiles(), resume: false, ...changes };
}

async function complete(run: TrainingRun, see: (event: TrainingEvent) => void = () => {}): Promise<ReadonlyMap<string, HostTensor>> {
  const events = train(run);
  for (let result = await events.next(); ; result = await events.next()) {
    if (result.done === true) return result.value;
    see(result.value);
  }
}

describe("a training run", () => {
  test("lowers the loss", async () => {
    const losses: number[] = [];
    await complete(runOf({ config: parseTrainingConfig({ ...tiny, train: { ...tiny.train, steps: 60 } }) }), (event) => {
      if (event.type === "step") losses.push(event.losses["counting"]!);
    });
    expect(losses[0]).toBeGreaterThan(2);
    expect(losses.at(-1)).toBeLessThan(0.5 * losses[0]!);
  });

  test("that is stopped and resumed ends where an uninterrupted one ends", async () => {
    const whole = await complete(runOf({}));
    const files = memoryFiles();
    const stop = new AbortController();
    const events: TrainingEvent[] = [];
    await complete(runOf({ files, signal: stop.signal }), (event) => {
      events.push(event);
      if (event.type === "step" && event.step === 5) stop.abort();
    });
    expect(events.slice(-2)).toEqual([
      { type: "saved", step: 5 },
      { type: "stopped", step: 5 },
    ]);
    const resumed = await complete(runOf({ files, resume: true }));
    for (const [path, { data }] of whole) expect(resumed.get(path)!.data, path).toEqual(data);
  });

  test.each([
    ["its last step", { steps: 1, saveEvery: 100 }],
    ["a step between", { steps: 3, saveEvery: 1 }],
  ])("keeps no weights that are no numbers, of %s", async (_, length) => {
    // The first update throws every weight beyond float32.
    const config = parseTrainingConfig({ ...tiny, optimiser: { learningRate: 1e39 }, train: { ...tiny.train, ...length } });
    const files = memoryFiles();
    await expect(complete(runOf({ config, files }))).rejects.toThrow(/holds values that are no numbers.*after step 1, so no checkpoint was written/);
    expect([...files.stored.keys()]).toEqual([]);
  });

  test("begins with numbers only", async () => {
    const path = "language.blocks.0.attention.query.weight";
    const initial = new Map([[path, { dtype: "float32", shape: [16, 16], data: new Float32Array(256).fill(Number.NaN, 7, 8) }]] as const);
    await expect(complete(runOf({ initial }))).rejects.toThrow(new RegExp(`the weight ${path} that the run begins with holds values that are no numbers`));
  });

  test("adds the gradients of several data sets with their weights", async () => {
    const config = parseTrainingConfig({ ...tiny, train: { ...tiny.train, steps: 1 } });
    const twice = await complete(runOf({ config, sources: [counted, { ...counted, name: "again", weight: 1 }] }));
    // Adam's first step has the size of the learning rate whatever the gradient's scale, so equal sets with any weights agree.
    const once = await complete(runOf({ config }));
    for (const [path, { data }] of once) (data as Float32Array).forEach((value, i) => expect((twice.get(path)!.data as Float32Array)[i]).toBeCloseTo(value, 4));
  });

  test("limits the gradients of a data set to its own norm, before its weight", async () => {
    const config = parseTrainingConfig({ ...tiny, train: { ...tiny.train, steps: 1 } });
    const normOf = async (source: TrainingSource): Promise<number> => {
      let norm = Number.NaN;
      await complete(runOf({ config, sources: [source] }), (event) => {
        if (event.type === "step") norm = event.gradientNorm;
      });
      return norm;
    };
    const free = await normOf(counted);
    expect(await normOf({ ...counted, weight: 3, clipNorm: free / 2 })).toBeCloseTo((3 * free) / 2, 3);
    expect(await normOf({ ...counted, weight: 1, clipNorm: 2 * free })).toBeCloseTo(await normOf({ ...counted, weight: 1 }), 5);
  });

  test("takes data sets in turn when told to", async () => {
    const names: string[] = [];
    const config = parseTrainingConfig({ ...tiny, combine: "round-robin", train: { ...tiny.train, steps: 4 } });
    await complete(runOf({ config, sources: [counted, { ...counted, name: "other" }] }), (event) => {
      if (event.type === "step") names.push(...Object.keys(event.losses));
    });
    expect(names).toEqual(["counting", "other", "counting", "other"]);
  });

  test("without a checkpoint does not resume", async () => {
    await expect(complete(runOf({ files: memoryFiles(), resume: true }))).rejects.toThrow(/has no checkpoint to resume from/);
  });

  test("says which frozen weights are missing", async () => {
    const config = parseTrainingConfig({ ...tiny, stage: "flamingo" });
    await expect(complete(runOf({ config }))).rejects.toThrow(/frozen weights are missing: language\.\S+/);
  });

  test("stops when the loss is not a number, with the last checkpoint intact", async () => {
    const files = memoryFiles();
    const poisoned: TrainingSource = {
      ...counted,
      async batch(step) {
        const [part] = await counted.batch(step);
        const feeds = await part!.feeds();
        if (step === 4) (feeds["labelWeights"]!.data as Float32Array).fill(Number.NaN);
        return wholeBatch(feeds);
      },
    };
    const config = parseTrainingConfig({ ...tiny, train: { ...tiny.train, saveEvery: 2 } });
    await expect(complete(runOf({ config, files, sources: [poisoned] }))).rejects.toThrow(/loss of "counting" became NaN at step 5/);
    await expect(complete(runOf({ config, files, resume: true }))).resolves.toBeDefined();
  });
});

describe("the folder of a run", () => {
  test("keeps the old file when the disk is full", async () => {
    const folder = await mkdtemp(join(tmpdir(), "flamingo-run-"));
    const files = runFolder(folder);
    await files.write("weights", Uint8Array.of(1));
    // This device answers every write as a full disk does.
    await symlink("/dev/full", join(folder, `weights.${process.pid}.tmp`));
    await expect(files.write("weights", Uint8Array.of(2))).rejects.toThrow(
      /weights cannot be written: no space left on device; the previous one, if any, is still there/,
    );
    expect(await files.read("weights")).toEqual(Buffer.from([1]));
    expect(await readdir(folder)).toEqual(["weights"]);
    expect(await files.read("missing")).toBeUndefined();
  });
});

describe("a training config", () => {
  test("names wrong keys and values", () => {
    expect(() => parseTrainingConfig({ ...tiny, train: { ...tiny.train, step: 1 } })).toThrow(
      /unknown key "train\.step"; valid keys there: steps, seed, microBatches, blocks, recompute, saveEvery/,
    );
    expect(() => parseTrainingConfig({ ...tiny, parts: { language: "x.gguf", vision: "x.gguf" } })).toThrow(
      /"parts".*only the language model may be a \.gguf file/,
    );
    expect(() => parseTrainingConfig({ ...tiny, model: { ...tiny.model, resampler: "mlpp" } })).toThrow(/"resampler\.kind" must be one of/);
  });
});

describe("what a training config asks for", () => {
  const data = (changes: object): object => ({ ...tiny, data: [{ ...tiny.data[0], ...changes }] });
  test.each([
    ["rows that memory cannot hold", data({ rows: 1_000_000_000 }), /data\.0\.rows.*at most 4096: a batch is made and held in memory/],
    ["rows longer than the model reads", data({ tokens: 48 }), /rows of 48 tokens are longer than the 32/],
    ["a vocabulary that memory cannot hold", { ...tiny, tokenizer: { train: { size: 1_000_000_000 } } }, /tokenizer/],
    ["a seed that is not told apart", { ...tiny, train: { ...tiny.train, seed: 2 ** 53 } }, /train\.seed/],
    ["an endless learning rate", { ...tiny, optimiser: { learningRate: Number.POSITIVE_INFINITY } }, /learningRate/],
  ])("refuses %s", (_, config, message) => {
    expect(() => parseTrainingConfig(config)).toThrow(message);
  });
});
