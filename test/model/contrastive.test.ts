import { expect, test } from "vitest";
import { input, toOnnx } from "../../src/graph/graph.ts";
import { ContrastivePair, contrastiveConfig } from "../../src/model/contrastive/contrastive-pair.ts";
import { AdamW } from "../../src/nn/optimiser.ts";
import { bytes, compile, integers, weightsOf } from "./support.ts";

const pair = new ContrastivePair(
  contrastiveConfig.parse({
    vision: { kind: "clip-vit", imageSize: 32, patchSize: 16, width: 16, layers: 1, heads: 2 },
    text: { vocabulary: 40, maxTokens: 8, width: 16, layers: 2, heads: 2 },
    width: 12,
    inverseTemperature: 5,
  }),
  { mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25] },
);
const weights = weightsOf(pair.parameters().values());
const pixels = bytes([4, 32, 32, 3], 3);
const tokens = integers([4, 5], [1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 8, 9, 10, 0, 0, 11, 0, 0, 0, 0]);
const lengths = integers([4], [5, 2, 3, 1]);

test("the loss is both directions' smoothed cross-entropy of the cosines", async () => {
  const embed = await compile({
    pictures: pair.embedPictures(input("pixels", "uint8", ["pairs", 32, 32, 3])),
    texts: pair.embedTexts(input("tokens", "int64", ["pairs", "tokens"]), input("lengths", "int64", ["pairs"])),
  });
  const { pictures, texts } = await embed({ ...weights, pixels, tokens, lengths });
  const row = (all: Float32Array, i: number): number[] => [...all.subarray(i * 12, (i + 1) * 12)];
  for (let i = 0; i < 4; i++) expect(Math.hypot(...row(pictures!, i))).toBeCloseTo(1, 5);
  const logits = [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => 5 * row(pictures!, i).reduce((sum, value, k) => sum + value * row(texts!, j)[k]!, 0)));
  const entropy = (rows: readonly (readonly number[])[]): number =>
    rows.reduce((total, logit, i) => {
      const shift = Math.log(logit.reduce((sum, value) => sum + Math.exp(value), 0));
      return total - logit.reduce((sum, value, j) => sum + ((i === j ? 0.9 : 0) + 0.1 / 4) * (value - shift), 0) / 4;
    }, 0);
  const columns = logits.map((_, j) => logits.map((each) => each[j]!));
  const { loss } = await (await compile({ loss: pair.training()["loss"]! }))({ ...weights, pixels, tokens, lengths });
  expect(loss![0]).toBeCloseTo((entropy(logits) + entropy(columns)) / 2, 4);
});

test("padding has no say", async () => {
  const embed = await compile({ texts: pair.embedTexts(input("tokens", "int64", ["pairs", "tokens"]), input("lengths", "int64", ["pairs"])) });
  const padded = integers([4, 5], [1, 2, 3, 4, 5, 6, 7, 30, 31, 32, 8, 9, 10, 33, 34, 11, 35, 36, 37, 38]);
  const [one, other] = [await embed({ ...weights, tokens, lengths }), await embed({ ...weights, tokens: padded, lengths })];
  other["texts"]!.forEach((value, i) => expect(value).toBeCloseTo(one["texts"]![i]!, 5));
});

test("both towers learn: pairs that differ are told apart after a few steps", async () => {
  const step = await compile(pair.training());
  const trained = new Map([...pair.parameters().keys()].map((path) => [path, (weights[path]!.data as Float32Array).slice()]));
  const optimiser = new AdamW(trained, { groupOf: () => ({ weightDecay: 0 }), clipNorm: 1 });
  const losses: number[] = [];
  const { shape, data } = bytes([4, 32, 32, 3], 5);
  const different = { dtype: "uint8", shape, data: Uint8Array.from(data as Uint8Array, (value, i) => value / (1 + Math.floor(i / 3072))) } as const;
  for (let i = 0; i < 40; i++) {
    const values = Object.fromEntries([...trained].map(([path, data]) => [path, { ...weights[path]!, data }]));
    const results = await step({ ...values, pixels: different, tokens, lengths });
    losses.push(results["loss"]![0]!);
    const derivatives = new Map([...trained.keys()].map((path) => [path, results[`gradient.${path}`]!]));
    if (i === 0)
      for (const tower of ["vision.", "text."])
        expect([...derivatives].some(([path, values]) => path.startsWith(tower) && values.some((value) => value !== 0))).toBe(true);
    optimiser.step(derivatives, 0.003);
  }
  expect(losses.at(-1)!).toBeLessThan(0.7 * losses[0]!);
  expect(
    toOnnx({ outputs: pair.training() })
      .inputs.map(({ name }) => name)
      .sort(),
  ).toEqual(["lengths", "pixels", "tokens"]);
});
