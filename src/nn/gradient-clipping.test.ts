import { describe, expect, test } from "vitest";
import fixture from "../../test/fixtures/nn/clipping-and-averaging.json" with { type: "json" };
import { clipAdaptively, unitsOf } from "./gradient-clipping.ts";
import { AdamW } from "./optimiser.ts";
import { groupsByPath, idleRules } from "./parameter-groups.ts";
import { learningRate } from "./schedule.ts";
import { WeightAverage } from "./weight-average.ts";

type Arrays = Readonly<Record<string, readonly number[]>>;
const arrays = (values: Arrays): Map<string, Float32Array> => new Map(Object.entries(values).map(([path, numbers]) => [path, Float32Array.from(numbers)]));
const close = (found: Float32Array, expected: readonly number[]): void => {
  found.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-6 * Math.max(1, Math.abs(expected[i]!))));
};

/** Written by tools/reference/clipping_and_averaging.py. */
const { adaptive, average, exponential } = fixture;

describe("adaptive clipping", () => {
  test("shortens each unit as timm does: rows, output channels, whole vectors", () => {
    const [weights, gradients] = [arrays(adaptive.weights), arrays(adaptive.gradients)];
    let changed = 0;
    for (const [path, gradient] of gradients) {
      const before = gradient.slice();
      clipAdaptively(gradient, weights.get(path)!, unitsOf((adaptive.shapes as Arrays)[path]!), adaptive.factor);
      close(gradient, (adaptive.clipped as Arrays)[path]!);
      changed += gradient.filter((value, i) => value !== before[i]).length;
    }
    const all = Object.values(adaptive.gradients).flat().length;
    expect(changed).toBeGreaterThan(0.3 * all);
    expect(changed).toBeLessThan(all);
  });

  test("is for its groups in the place of the global norm, in which they do not count", () => {
    const initial = { "vision.weight": [1, 1], "vision.head": [1, 1], "text.weight": [3, 4], "other.weight": [6, 8] };
    const gradients = (): Map<string, Float32Array> =>
      arrays({ "vision.weight": [30, 40], "vision.head": [30, 40], "text.weight": [3, 4], "other.weight": [6, 8] });
    /** What Adam's running mean holds after the first step: the tenth of the gradient that it was given. */
    const seen = (rules: Parameters<typeof groupsByPath>[0], adaptiveClip?: number): Record<string, number> => {
      const weights = arrays(initial);
      const optimiser = new AdamW(weights, { clipNorm: 1, groupOf: groupsByPath(rules, { weightDecay: 0, adaptiveClip }) });
      expect(optimiser.step(gradients(), 0.001).gradientNorm).toBeCloseTo(Math.hypot(50, 50, 5, 10), 3);
      return Object.fromEntries([...weights.keys()].map((path) => [path, 10 * Math.hypot(...optimiser.state().get(`mean.${path}`)!)]));
    };
    const own = seen([
      { paths: "head", adaptiveClip: false },
      { paths: "^vision", adaptiveClip: 0.01 },
      { paths: "^text", clipNorm: 10 },
    ]);
    expect(own["vision.weight"]).toBeCloseTo(0.01 * Math.SQRT2, 5);
    expect(own["text.weight"]).toBeCloseTo(5, 4);
    expect(Math.hypot(own["vision.head"]!, own["other.weight"]!)).toBeCloseTo(1, 4);
    expect(own["other.weight"]! / own["vision.head"]!).toBeCloseTo(0.2, 5);
    const all = seen([{ paths: "^text", clipNorm: 2 }], 0.01);
    expect(all["other.weight"]).toBeCloseTo(0.1, 5);
    expect(all["text.weight"]).toBeCloseTo(2, 4);
  });
});

test("rules that match nothing are found", () => {
  const rules = [{ paths: "^a" }, { paths: "bias$" }, { paths: "^vison\\." }];
  expect(idleRules(rules, ["a.weight", "b.bias"])).toEqual([{ paths: "^vison\\." }]);
});

describe("an average of weights", () => {
  test("is PyTorch's", () => {
    const averaged = new WeightAverage(arrays({ w: average.updates[0]!.weight }), average.decay);
    for (const { weight, average: expected } of average.updates) {
      averaged.update(arrays({ w: weight }));
      close(averaged.values.get("w")!, expected);
    }
  });

  test("goes on from its values as if it had never stopped", () => {
    const [whole, second] = [1, 2].map(() => new WeightAverage(arrays({ w: [0, 0] }), 0.9)) as [WeightAverage, WeightAverage];
    whole.update(arrays({ w: [1, 2] }));
    second.restore(new Map([...whole.values].map(([path, values]) => [path, values.slice()])));
    for (const each of [whole, second]) each.update(arrays({ w: [3, -5] }));
    expect(second.values).toEqual(whole.values);
  });
});

test("an exponential learning rate is PyTorch's", () => {
  const { peak, final, steps, rates } = exponential;
  rates.forEach((rate, i) => expect(learningRate(i + 1, { peak, final, steps, warmup: 0, decay: "exponential" })).toBeCloseTo(rate, 12));
});
