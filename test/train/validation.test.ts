/** What a run is measured with while it lasts. */
import { afterAll, describe, expect, test } from "vitest";
import type { Sample } from "../../src/data/samples/sample.ts";
import { Flamingo } from "../../src/model/flamingo.ts";
import { initialValues } from "../../src/nn/initialisers.ts";
import { createRuntime, type HostTensor } from "../../src/runtime/runtime.ts";
import { type TrainingEvent, type TrainingRun, train } from "../../src/train/run.ts";
import { isHeldOut } from "../../src/train/sources/held-out.ts";
import type { Row } from "../../src/train/text-batches.ts";
import { parseTrainingConfig } from "../../src/train/training-config.ts";
import type { TrainingSource } from "../../src/train/training-source.ts";
import type { ValidationEvent, ValidationSet } from "../../src/train/validation.ts";
import { counting, countingRows, memoryFiles, tiny, tinyConfig } from "./counting.ts";

const runtime = await createRuntime({ device: "cpu", threads: 1, worker: false });
afterAll(() => runtime.dispose());

const source: TrainingSource = { name: "counting", weight: 1, batch: (step) => Promise.resolve([counting(countingRows(`${step}`, 4, 12))]) };
const others = { data: [{ kind: "module", name: "others", module: "unused", rows: 4, tokens: 16 }] };
const configOf = (validation: object, steps: number) => tinyConfig({ validation: { ...others, ...validation }, train: { ...tiny.train, steps } });
const setOf = (rows: readonly Row[], shots = 0): ValidationSet => ({ name: "others", shots, parts: [counting(rows)] });

interface Seen {
  readonly looks: readonly ValidationEvent[];
  readonly steps: number;
  readonly weights: ReadonlyMap<string, HostTensor>;
}

async function complete(changes: Partial<TrainingRun> & Pick<TrainingRun, "config">, see: (event: TrainingEvent) => void = () => {}): Promise<Seen> {
  const run = train({ sources: [source], initial: new Map(), runtime, files: memoryFiles(), resume: false, ...changes });
  const looks: ValidationEvent[] = [];
  let steps = 0;
  for (let result = await run.next(); ; result = await run.next()) {
    if (result.done === true) return { looks, steps, weights: result.value };
    if (result.value.type === "validation") looks.push(result.value);
    if (result.value.type === "step") steps = result.value.step;
    see(result.value);
  }
}

/** Counting downwards, which nobody who learns to count upwards will foresee. */
const downwards: Row[] = Array.from({ length: 4 }, (_, row) => ({
  tokens: Array.from({ length: 12 }, (_, i) => (row + 30 - i) % 10),
  weights: Array.from({ length: 12 }, () => 1),
}));

describe("a validation", () => {
  test("sees that what is learnt holds for what was not seen, and how many answers are right to the last token", async () => {
    const { looks } = await complete({
      config: configOf({ every: 40 }, 120),
      validation: [setOf(countingRows("other", 4, 12)), setOf(countingRows("shots", 4, 20), 2)],
    });
    expect(looks.map(({ step, shots }) => [step, shots])).toEqual([
      [0, 0],
      [0, 2],
      [40, 0],
      [80, 0],
      [120, 0],
    ]);
    expect(looks[0]!.loss).toBeGreaterThan(2);
    expect(looks[0]).toMatchObject({ exact: 0, best: true });
    expect(looks.at(-1)!.loss).toBeLessThan(0.3 * looks[0]!.loss);
    expect(looks.at(-1)!.sets).toEqual({ others: { loss: looks.at(-1)!.loss, exact: looks.at(-1)!.exact } });
  });

  test("ends a run that only gets worse, says that the losses part, and gives back the best weights", async () => {
    const config = configOf({ every: 20, patience: 2 }, 400);
    const { looks, steps, weights } = await complete({ config, validation: [setOf(downwards)] });
    const best = looks.reduce((a, b) => (b.loss < a.loss ? b : a));
    expect(steps).toBe(best.step + 40);
    expect(looks.at(-1)).toMatchObject({ ends: true, best: false });
    expect(looks.at(-1)!.warning).toMatch(/^the losses part: in training it has fallen.*on what is held out it has risen from .* by heart/);
    expect(best.step).toBe(0);
    for (const [path, tensor] of new Flamingo(config.model).parameters())
      if (path.startsWith("language.")) expect([...(weights.get(path)!.data as Float32Array)], path).toEqual([...initialValues(tensor, tiny.train.seed)]);
  });

  test("goes on with its run, and with what was best before", async () => {
    const config = configOf({ every: 20, patience: 2 }, 400);
    const files = memoryFiles();
    const stop = new AbortController();
    const whole = await complete({ config, validation: [setOf(downwards)] });
    const before = await complete({ config, files, validation: [setOf(downwards)], signal: stop.signal }, (event) => {
      if (event.type === "step" && event.step === 25) stop.abort();
    });
    const after = await complete({ config, files, resume: true, validation: [setOf(downwards)] });
    // The mean of the steps since the last look is that of those after the stop.
    const figures = (looks: readonly ValidationEvent[]) => looks.map(({ step, loss, exact, best, ends }) => ({ step, loss, exact, best, ends }));
    expect(figures([...before.looks, ...after.looks])).toEqual(figures(whole.looks));
    for (const [path, { data }] of whole.weights) expect([...(after.weights.get(path)!.data as Float32Array)], path).toEqual([...(data as Float32Array)]);
  });

  test("cannot hold out what a module draws", () => {
    expect(() => parseTrainingConfig({ ...tiny, validation: {} })).toThrow(/nothing can be held out of "counting".*"validation\.data"/);
  });
});

test("what is said of one picture or video is held out together, of files and of bytes, wherever the data lies", () => {
  const sample = (key: string, name: string, file: string | Uint8Array, kind: "picture" | "video"): Sample => ({
    key,
    form: "pair",
    pieces: [
      { kind, name, file },
      { kind: "text", text: `text of ${key}` },
    ],
    joint: " ",
  });
  for (const kind of ["picture", "video"] as const) {
    const named = (folder: string): boolean[] =>
      Array.from({ length: 1000 }, (_, i) => `pictures/${i % 500}.png`).map((name, i) => isHeldOut(sample(`${i}`, name, `${folder}/${name}`, kind), 0.2));
    const sides = named("/data");
    expect(named("/elsewhere")).toEqual(sides);
    expect(sides.slice(500)).toEqual(sides.slice(0, 500));
    const share = sides.filter(Boolean).length / 1000;
    expect(share).toBeGreaterThan(0.15);
    expect(share).toBeLessThan(0.25);
    const bytes = Array.from({ length: 400 }, (_, i) => isHeldOut(sample(`${i}`, "image", Uint8Array.of(i % 200, 7, 3), kind), 0.2));
    expect(bytes.slice(200)).toEqual(bytes.slice(0, 200));
    expect(bytes.filter(Boolean).length).toBeGreaterThan(40);
  }
});
