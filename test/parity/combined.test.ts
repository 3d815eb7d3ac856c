/** A language model and a vision tower that nobody has joined before, by config alone: OPT and SigLIP. */
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { publishedLanguage } from "../../src/checkpoint/published/published-language.ts";
import { publishedVision } from "../../src/checkpoint/published/vision-config.ts";
import { joinedMaps } from "../../src/checkpoint/published/weight-map.ts";
import { openWeightsAt } from "../../src/checkpoint/weights.ts";
import { parameterAttributes } from "../../src/graph/graph.ts";
import { parseFlamingoConfig } from "../../src/model/config.ts";
import { Flamingo } from "../../src/model/flamingo.ts";
import { initialValues } from "../../src/nn/initialisers.ts";
import { floats } from "../model/support.ts";
import { fixtures, mappedWeights, readJson, readReference, relativeDifference, stages } from "./published-model.ts";

const open = (name: string): ReturnType<typeof openWeightsAt> => openWeightsAt(join(fixtures, name, "model.safetensors"));
const [opt, siglip] = await Promise.all([open("language-opt"), open("vision-siglip")]);
afterAll(() => Promise.all([opt.close(), siglip.close()]));

const language = publishedLanguage(await readJson("language-opt/config.json"), opt.file.weights, "opt");
const vision = publishedVision(await readJson("vision-siglip/config.json"), "siglip");
const network = new Flamingo(
  parseFlamingoConfig({
    vision: vision.config,
    resampler: { kind: "perceiver", width: 16, layers: 1, heads: 2, headDim: 8, latents: 4, frames: 1 },
    language: { ...language.config, extraTokens: 3 },
    fusion: { kind: "gated-cross-attention-dense", every: 1, heads: 2, headDim: 8 },
  }),
);
const entries = language.config.vocabulary;
const image = entries;

const published = joinedMaps(vision.weights, language.weights);
const known = new Map([...network.parameters()].filter(([path]) => published.origins.has(path)));
const pretrained = await mappedWeights(published, new Map([...opt.file.weights, ...siglip.file.weights]), known);
/** What a Flamingo begins with: the published parts, and new weights for the rest. */
const weights = (gates?: number): ReadonlyMap<string, ReturnType<typeof floats>> =>
  new Map(
    [...network.parameters()].map(([path, tensor]) => {
      const values = initialValues(tensor, 5);
      return [
        path,
        pretrained.get(path) ?? floats(parameterAttributes(tensor).shape, path.endsWith(".alpha") && gates !== undefined ? values.fill(gates) : values),
      ];
    }),
  );

describe("OPT sees with SigLIP's eyes", async () => {
  const [opts, siglips] = await Promise.all([readReference("language-opt"), readReference("vision-siglip")]);
  const { rows, greedy } = (await readJson("language-opt/reference.json")) as { rows: number[][]; greedy: number[][] };
  const tokens = [...rows[0]!, ...greedy[0]!];
  const pixels = [0, 1].map((i) =>
    siglips.tensors["pixels"]!.subarray((i * siglips.tensors["pixels"]!.length) / 2, ((i + 1) * siglips.tensors["pixels"]!.length) / 2),
  );
  const own = (logits: Float32Array): Float32Array => logits.filter((_, i) => i % (entries + 3) < entries);

  test("with every gate closed both parts give what they give alone", async () => {
    const run = await stages(network, weights());
    const found = await run({ tokens: [[...tokens, image, image]], pixels, image });
    expect(relativeDifference(found["features"]!, siglips.tensors["features"]!)).toBeLessThan(1e-5);
    expect(relativeDifference(own(found["logits"]!).subarray(0, tokens.length * entries), opts.tensors["row.0"]!)).toBeLessThan(1e-5);
  });

  test("with open gates what is said depends on the picture, and only after it", async () => {
    const run = await stages(network, weights(0.5));
    const shown = await Promise.all(pixels.map((picture) => run({ tokens: [[...rows[0]!, image, ...rows[1]!]], pixels: [picture], image })));
    const [before, after] = [0, 1].map((side) =>
      shown.map(({ logits }) => logits!.subarray(...(side === 0 ? [0, rows[0]!.length * (entries + 3)] : [rows[0]!.length * (entries + 3)]))),
    );
    expect(before![0]).toEqual(before![1]);
    expect(relativeDifference(after![0]!, after![1]!)).toBeGreaterThan(1e-3);
  });
});
