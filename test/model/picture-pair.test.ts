import { expect, test } from "vitest";
import { input } from "../../src/graph/graph.ts";
import { parseFlamingoConfig } from "../../src/model/config.ts";
import { PicturePair } from "../../src/model/contrastive/picture-pair.ts";
import { AdamW } from "../../src/nn/optimiser.ts";
import { compile, noise, weightsOf } from "./support.ts";

const pair = new PicturePair(
  parseFlamingoConfig({
    vision: { kind: "clip-vit", imageSize: 32, patchSize: 16, width: 16, layers: 1, heads: 2 },
    resampler: { kind: "perceiver", width: 16, layers: 1, heads: 2, headDim: 8, latents: 3, frames: 2 },
    language: { vocabulary: 40, width: 16, blocks: 2, heads: 2 },
    fusion: { kind: "gated-cross-attention-dense", heads: 2, headDim: 8 },
  }),
);
const weights = weightsOf(pair.parameters().values());
const pairs = 4;
const shape = [pairs, 1, 4, 16];
const features = (seed: number): { dtype: "float32"; shape: number[]; data: Float32Array } => ({ dtype: "float32", shape, data: noise(pairs * 64, seed) });

test("the loss is both directions' cross-entropy of the cosines", async () => {
  const embed = await compile({ pictures: pair.embed(input("features", "float32", ["pictures", "frames", 4, 16])) });
  const [first, second] = [features(1), features(2)];
  const [a, b] = [(await embed({ ...weights, features: first }))["pictures"]!, (await embed({ ...weights, features: second }))["pictures"]!];
  const temperature = Math.exp((weights["contrast.logInverseTemperature"]!.data as Float32Array)[0]!);
  const row = (all: Float32Array, i: number): number[] => [...all.subarray(i * 16, (i + 1) * 16)];
  const logits = [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => temperature * row(a, i).reduce((sum, value, k) => sum + value * row(b, j)[k]!, 0)));
  const entropy = (rows: readonly (readonly number[])[]): number =>
    rows.reduce((total, logit, i) => total + Math.log(logit.reduce((sum, value) => sum + Math.exp(value - logit[i]!), 0)) / pairs, 0);
  const columns = logits.map((_, j) => logits.map((each) => each[j]!));
  const { loss } = await (await compile({ loss: pair.training()["loss"]! }))({ ...weights, first, second });
  expect(loss![0]).toBeCloseTo((entropy(logits) + entropy(columns)) / 2, 4);
});

test("two pictures of one thing come closer than those of different things", async () => {
  const step = await compile(pair.training());
  const trained = new Map([...pair.parameters().keys()].map((path) => [path, (weights[path]!.data as Float32Array).slice()]));
  const optimiser = new AdamW(trained, { groupOf: () => ({ weightDecay: 0 }), clipNorm: 1 });
  const first = features(3);
  // Another drawing of the same things: half of it is the thing, half the artist.
  const artist = noise(pairs * 64, 4);
  const second = { ...first, data: first.data.map((value, i) => value + artist[i]!) };
  const losses: number[] = [];
  for (let i = 0; i < 40; i++) {
    const results = await step({ ...Object.fromEntries([...trained].map(([path, data]) => [path, { ...weights[path]!, data }])), first, second });
    losses.push(results["loss"]![0]!);
    optimiser.step(new Map([...trained.keys()].map((path) => [path, results[`gradient.${path}`]!])), 1e-2);
  }
  expect(losses.at(-1)!).toBeLessThan(losses[0]! / 4);
});
