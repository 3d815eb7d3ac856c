import { describe, expect, test } from "vitest";
import fixture from "../../test/fixtures/nn/adamw.json" with { type: "json" };
import { AdamW } from "./optimiser.ts";
import { groupsByPath } from "./parameter-groups.ts";
import { learningRate } from "./schedule.ts";

type Arrays = Readonly<Record<string, readonly number[]>>;

/** Written by tools/reference/adamw.py. */
const reference = fixture as {
  steps: number;
  warmup: number;
  peak: number;
  initial: Arrays;
  updates: readonly { learningRate: number; gradientNorm: number; gradients: Arrays; weights: Arrays }[];
};
const schedule = { peak: reference.peak, warmup: reference.warmup, decay: "cosine", steps: reference.steps } as const;
const options = { beta2: 0.95, clipNorm: 1, groupOf: groupsByPath([{ paths: "^resampler\\.", weightDecay: 0 }], { weightDecay: 0.1 }) };

const arrays = (values: Arrays): Map<string, Float32Array> => new Map(Object.entries(values).map(([path, numbers]) => [path, Float32Array.from(numbers)]));

function expectWeights(weights: ReadonlyMap<string, Float32Array>, expected: Arrays): void {
  for (const [path, weight] of weights) weight.forEach((value, i) => expect(value).toBeCloseTo(expected[path]![i]!, 5));
}

describe("AdamW", () => {
  test("takes PyTorch's steps, with clipping, groups, warm-up and cosine decay", () => {
    const weights = arrays(reference.initial);
    const optimiser = new AdamW(weights, options);
    reference.updates.forEach((update, i) => {
      const rate = learningRate(i + 1, schedule);
      expect(rate).toBeCloseTo(update.learningRate, 10);
      expect(optimiser.step(arrays(update.gradients), rate).gradientNorm).toBeCloseTo(update.gradientNorm, 4);
      expectWeights(weights, update.weights);
    });
  });

  test("goes on from its state exactly as if it had never stopped", () => {
    const whole = arrays(reference.initial);
    const first = new AdamW(whole, options);
    for (const { gradients } of reference.updates.slice(0, 4)) first.step(arrays(gradients), 0.01);
    const resumed = new Map([...whole].map(([path, weight]) => [path, weight.slice()]));
    const second = new AdamW(resumed, options);
    second.restore(new Map([...first.state()].map(([name, array]) => [name, array.slice()])));
    for (const { gradients } of reference.updates.slice(4)) {
      first.step(arrays(gradients), 0.01);
      second.step(arrays(gradients), 0.01);
    }
    expect(resumed).toEqual(whole);
  });

  test("a factor of the learning rate slows its group alone", () => {
    const weights = (): Map<string, Float32Array> => arrays({ "language.weight": [1], "fusion.weight": [1] });
    const move = (learningRateFactor: number): Map<string, Float32Array> => {
      const moved = weights();
      const groupOf = groupsByPath([{ paths: "^language", learningRateFactor }], { weightDecay: 0 });
      new AdamW(moved, { groupOf }).step(arrays({ "language.weight": [1], "fusion.weight": [1] }), 0.1);
      return moved;
    };
    expect(move(0.1).get("fusion.weight")![0]).toBeCloseTo(0.9, 5);
    expect(move(0.1).get("language.weight")![0]).toBeCloseTo(0.99, 5);
  });

  test("a gradient that is not finite is refused before anything changes", () => {
    const weights = arrays({ "a.weight": [1], "b.weight": [2] });
    const optimiser = new AdamW(weights, options);
    expect(() => optimiser.step(arrays({ "a.weight": [1], "b.weight": [Number.NaN] }), 0.1)).toThrow(/gradient of b\.weight is not finite at step 1/);
    expect(() => optimiser.step(arrays({ "a.weight": [1] }), 0.1)).toThrow(/gradient of b\.weight should have 1 elements, found nothing/);
    expect(weights).toEqual(arrays({ "a.weight": [1], "b.weight": [2] }));
    expect(optimiser.state().get("step")).toEqual(Float32Array.of(0));
  });

  test("the state of another model is refused", () => {
    const small = new AdamW(arrays({ "a.weight": [1] }), options);
    const large = new AdamW(arrays({ "a.weight": [1], "b.weight": [1, 2] }), options);
    expect(() => large.restore(small.state())).toThrow(/mean\.b\.weight should have 2 elements, found nothing/);
    expect(() => small.restore(large.state())).toThrow(/mean\.b\.weight belongs to no trained parameter/);
  });
});

describe("learning rate", () => {
  test("rises in a straight line to its peak and, if constant, stays", () => {
    const paper = { peak: 1e-4, warmup: 5000, decay: "constant", steps: 500_000 } as const;
    expect(learningRate(1, paper)).toBeCloseTo(2e-8, 15);
    expect(learningRate(2500, paper)).toBeCloseTo(5e-5, 15);
    expect(learningRate(5000, paper)).toBe(1e-4);
    expect(learningRate(400_000, paper)).toBe(1e-4);
  });

  test("falls to its final value and not below", () => {
    for (const decay of ["linear", "cosine"] as const) {
      const falling = { peak: 1, warmup: 10, decay, steps: 110, final: 0.1 };
      expect(learningRate(60, falling)).toBeCloseTo(0.55, 12);
      expect(learningRate(110, falling)).toBeCloseTo(0.1, 12);
      expect(learningRate(200, falling)).toBeCloseTo(0.1, 12);
    }
    expect(learningRate(1, { peak: 1, warmup: 0, decay: "linear", steps: 4 })).toBe(0.75);
  });
});
