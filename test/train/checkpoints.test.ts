/** What a run keeps, and what another one goes on from. */
import { mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readSafetensors, writeSafetensors } from "../../src/checkpoint/safetensors.ts";
import { createRuntime, type HostTensor } from "../../src/runtime/runtime.ts";
import { openGates } from "../../src/train/gates.ts";
import { runFolder } from "../../src/train/platform/node-run-files.ts";
import { type TrainingEvent, type TrainingRun, train } from "../../src/train/run.ts";
import type { TrainingConfig } from "../../src/train/training-config.ts";
import type { TrainingSource } from "../../src/train/training-source.ts";
import { counting, countingRows, memoryFiles, tiny, tinyConfig } from "./counting.ts";
import { wholeBatch } from "./whole-batch.ts";

const runtime = await createRuntime({ device: "cpu", threads: 1, worker: false });
afterAll(() => runtime.dispose());

/** Batches that follow one another, so that they depend on how many were taken before. */
function following(poisoned?: number): TrainingSource {
  let taken = 0;
  return {
    name: "counting",
    weight: 1,
    async batch() {
      const part = counting(countingRows(`${taken++}`, 2, 8));
      if (taken !== poisoned) return [part];
      const feeds = await part.feeds();
      (feeds["labelWeights"]!.data as Float32Array).fill(Number.NaN);
      return wholeBatch(feeds);
    },
    position: () => taken,
    goOnFrom(position) {
      taken = position as number;
    },
  };
}

interface Done {
  readonly events: readonly TrainingEvent[];
  readonly weights: ReadonlyMap<string, HostTensor>;
}

const events: TrainingEvent[] = [];
async function complete(changes: Partial<TrainingRun>): Promise<Done> {
  events.length = 0;
  const run = train({ config: tinyConfig(), sources: [following()], initial: new Map(), runtime, files: memoryFiles(), resume: false, ...changes });
  for (let result = await run.next(); ; result = await run.next()) {
    if (result.done === true) return { events: [...events], weights: result.value };
    events.push(result.value);
  }
}

const withTrain = (changes: object, others: object = {}): TrainingConfig => tinyConfig({ train: { ...tiny.train, ...changes }, ...others });
const checkpoint = (files: ReturnType<typeof memoryFiles>) => readSafetensors(files.stored.get("checkpoint.safetensors")!);

describe("a run that cannot go on", () => {
  test("because a loss is no number keeps the step before, not what was saved long ago, and goes on from there as if nothing had been", async () => {
    const files = memoryFiles();
    await expect(complete({ files, sources: [following(8)] })).rejects.toThrow(/the loss of "counting" became NaN at step 8/);
    expect(events.at(-1)).toEqual({ type: "saved", step: 7 });
    expect(checkpoint(files).metadata).toMatchObject({ step: "7", data: '[{"counting":7}]' });
    expect((await complete({ files, resume: true })).weights).toEqual((await complete({})).weights);
  });

  test("because a data set fails does the same", async () => {
    const files = memoryFiles();
    const source = following();
    const failing: TrainingSource = { ...source, batch: (step) => (step === 3 ? Promise.reject(new Error("torn")) : source.batch(step)) };
    await expect(complete({ files, sources: [failing] })).rejects.toThrow(/^torn$/);
    expect(checkpoint(files).metadata["step"]).toBe("3");
  });

  test("because the disk is full keeps the checkpoint before", async () => {
    const folder = await mkdtemp(join(tmpdir(), "flamingo-checkpoints-"));
    const config = withTrain({ saveEvery: 2 });
    const run = train({ config, sources: [following()], initial: new Map(), runtime, files: runFolder(folder), resume: false });
    const failed = async (): Promise<void> => {
      for (let result = await run.next(); result.done !== true; result = await run.next()) {
        // This device answers every write as a full disk does.
        if (result.value.type === "saved" && result.value.step === 4) await symlink("/dev/full", join(folder, `checkpoint.safetensors.${process.pid}.tmp`));
      }
    };
    await expect(failed()).rejects.toThrow(/checkpoint\.safetensors cannot be written: no space left on device; the previous one, if any, is still there/);
    expect(await readdir(folder)).toEqual(["checkpoint.safetensors"]);
    const resumed = await complete({ config, files: runFolder(folder), resume: true });
    expect(resumed.events[0]).toMatchObject({ type: "start", step: 4 });
    expect(resumed.weights).toEqual((await complete({ config })).weights);
    await rm(folder, { recursive: true });
  });
});

describe("which checkpoints stay", () => {
  test.each([
    ["the latest alone", { saveEvery: 2 }, []],
    ["so many of the last", { saveEvery: 2, keep: { last: 3 } }, [8, 10, 12]],
    ["those after every so many steps, also between others", { saveEvery: 4, keep: { every: 3 } }, [3, 6, 9, 12]],
    ["both", { saveEvery: 2, keep: { last: 2, every: 5 } }, [5, 10, 12]],
  ])("%s", async (_, changes, steps) => {
    const files = memoryFiles();
    await complete({ config: withTrain(changes), files });
    const names = ["checkpoint.safetensors", ...steps.map((step) => `checkpoint-${step}.safetensors`)];
    expect([...files.stored.keys()].sort()).toEqual(names.sort());
    for (const step of steps) expect(readSafetensors(files.stored.get(`checkpoint-${step}.safetensors`)!).metadata["step"]).toBe(`${step}`);
  });

  test("a file that is kept is another name, which the next checkpoint leaves alone", async () => {
    const folder = await mkdtemp(join(tmpdir(), "flamingo-checkpoints-"));
    const config = withTrain({ saveEvery: 4, keep: { last: 2 } });
    await complete({ config, files: runFolder(folder) });
    expect((await readdir(folder)).sort()).toEqual(["checkpoint-12.safetensors", "checkpoint-8.safetensors", "checkpoint.safetensors"]);
    const resumed = await complete({ config, files: runFolder(folder), resume: { step: 8 } });
    expect(resumed.events[0]).toMatchObject({ type: "start", step: 8 });
    expect(resumed.weights).toEqual((await complete({ config })).weights);
    await expect(complete({ config, files: runFolder(folder), resume: { step: 5 } })).rejects.toThrow(
      /no checkpoint after step 5; there are the latest, after step 12, and those after steps 8, 12; "train\.keep" says which ones stay/,
    );
    await rm(folder, { recursive: true });
  });
});

describe("an average of the weights", () => {
  const optimiser = { ...tiny.optimiser, averageDecay: 0.8 };

  test("is what is returned; training does not depend on it; a resumed run goes on with it", async () => {
    const files = memoryFiles();
    const config = tinyConfig({ optimiser });
    const averaged = await complete({ config, files });
    const plain = await complete({});
    const [path, last] = [...plain.weights][0]!;
    const { tensors } = checkpoint(files);
    expect(tensors.get(`weight.${path}`)!.data).toEqual(last.data);
    expect(averaged.weights.get(path)!.data).toEqual(tensors.get(`average.${path}`)!.data);
    expect(averaged.weights.get(path)!.data).not.toEqual(last.data);
    const interrupted = memoryFiles();
    await expect(complete({ config, files: interrupted, sources: [following(6)] })).rejects.toThrow();
    expect((await complete({ config, files: interrupted, resume: true })).weights).toEqual(averaged.weights);
  });

  test("that is asked for later begins then", async () => {
    const files = memoryFiles();
    await expect(complete({ files, sources: [following(6)] })).rejects.toThrow();
    const config = tinyConfig({ optimiser });
    const { events } = await complete({ config, files, resume: { acceptChanges: true } });
    expect(events[0]).toMatchObject({ step: 5, changes: ["optimiser.averageDecay: nothing → 0.8"] });
  });
});

describe("a config that was changed", () => {
  const interrupted = async (): Promise<ReturnType<typeof memoryFiles>> => {
    const files = memoryFiles();
    await expect(complete({ files, sources: [following(6)] })).rejects.toThrow();
    return files;
  };
  const changed = (data: object, others: object = {}): TrainingConfig =>
    tinyConfig({ data: [{ ...tiny.data[0], ...data }], optimiser: { ...tiny.optimiser, learningRate: 0.02 }, ...others });

  test("is refused, with all that it changes, unless it is accepted", async () => {
    const files = await interrupted();
    const config = changed({ weight: 2, tokens: 20 });
    const message =
      /made with another config:\n {2}optimiser\.learningRate: 0\.01 → 0\.02\n {2}data\.counting\.weight: 1 → 2\n {2}data\.counting\.tokens: 16 → 20\nGo on with these changes by --accept-changes/;
    await expect(complete({ files, config, resume: true })).rejects.toThrow(message);
    const { events } = await complete({ files, config, resume: { acceptChanges: true } });
    const changes = ["optimiser.learningRate: 0.01 → 0.02", "data.counting.weight: 1 → 2", "data.counting.tokens: 16 → 20"];
    expect(events[0]).toMatchObject({ type: "start", step: 5, changes });
  });

  test("is not one whose version had fewer options", async () => {
    const files = await interrupted();
    const { tensors, metadata } = checkpoint(files);
    const config = JSON.parse(metadata["config"]!) as { model: { language: Record<string, unknown> }; train: Record<string, unknown> };
    delete config.train["recompute"];
    delete config.model.language["queryKeyScale"];
    await files.write("checkpoint.safetensors", writeSafetensors(tensors, { ...metadata, config: JSON.stringify(config) }));
    const { events } = await complete({ files, resume: true });
    expect(events[0]).toMatchObject({ step: 5, changes: [] });
  });

  test("begins a data set anew whose samples come in another order, and no other", async () => {
    const began = async (config: TrainingConfig): Promise<unknown> => {
      const source = following();
      const run = train({ config, sources: [source], initial: new Map(), runtime, files: await interrupted(), resume: { acceptChanges: true } });
      await run.next();
      await run.return(new Map());
      return source.position?.();
    };
    expect(await began(changed({ weight: 2, from: 1 }))).toBe(5);
    expect(await began(changed({ rows: 5 }))).toBe(0);
  });

  test("may train for longer, save more often, and be computed in more parts", async () => {
    const files = await interrupted();
    const config = withTrain({ steps: 14, saveEvery: 3, keep: { last: 2 }, microBatches: 2 }, { name: "renamed" });
    expect((await complete({ files, config, resume: true })).events[0]).toMatchObject({ step: 5, steps: 14, changes: [] });
  });

  test("cannot make another model of it, accepted or not", async () => {
    const files = await interrupted();
    const config = tinyConfig({ model: { ...tiny.model, language: { ...tiny.model.language, width: 32 } } });
    await expect(complete({ files, config, resume: { acceptChanges: true } })).rejects.toThrow(/has no fitting language\.\S+; it is damaged, or/);
  });
});

test("a rule for weights that nobody trains is an error, since it would do nothing", async () => {
  const config = tinyConfig({ optimiser: { ...tiny.optimiser, groups: [{ paths: "^resampler\\.", weightDecay: 0 }] } });
  await expect(complete({ config })).rejects.toThrow(/a rule for "\^resampler\\\.", which is in no path that is trained; there are such as language\./);
});

test("gates are open by |tanh(alpha)|", () => {
  const gates = openGates(
    new Map([
      ["fusion.layers.0.attentionGate.alpha", Float32Array.of(-0.5)],
      ["fusion.layers.1.denseGate.alpha", Float32Array.of(0, 1)],
      ["fusion.layers.1.feedForward.up.weight", Float32Array.of(1)],
    ]),
  );
  expect(gates!["layers.0.attentionGate"]).toBeCloseTo(Math.tanh(0.5), 6);
  expect(gates!["layers.1.denseGate"]).toBeCloseTo(Math.tanh(1) / 2, 6);
  expect(openGates(new Map([["language.a", Float32Array.of(1)]]))).toBeUndefined();
});
