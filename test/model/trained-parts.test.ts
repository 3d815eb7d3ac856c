/** Derivatives of a whole model, all parts of it trained from pixels: against differences of the loss, and with blocks that are computed again. */
import { fromBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { mediaView } from "../../src/data/media-view.ts";
import { toOnnx } from "../../src/graph/graph.ts";
import { ModelProtoSchema } from "../../src/graph/onnx-schema/onnx_pb.js";
import { type FlamingoConfigInput, parseFlamingoConfig } from "../../src/model/config.ts";
import { Flamingo, flamingoParts, partOf } from "../../src/model/flamingo.ts";
import { TrainingGraphs } from "../../src/model/training-graphs.ts";
import { compile, floats, integers, largestDifference, random, type Value, type Values, weightsOf } from "./support.ts";

const base = {
  vision: { kind: "clip-vit", imageSize: 32, patchSize: 16, width: 8, layers: 2, heads: 2 },
  resampler: { kind: "perceiver", width: 12, layers: 2, heads: 2, headDim: 8, latents: 3, frames: 2 },
  language: { vocabulary: 31, width: 16, blocks: 3, heads: 2, hidden: 24, maxTokens: 64 },
  fusion: { kind: "gated-cross-attention-dense", every: 2, gateInitial: 0.7 },
  freeze: { vision: false, language: false },
} as const satisfies FlamingoConfigInput;

const cases: Readonly<Record<string, Partial<FlamingoConfigInput>>> = {
  "CLIP and a Perceiver": {},
  "SigLIP and a Transformer": {
    vision: { kind: "siglip-vit", imageSize: 32, patchSize: 16, width: 8, layers: 2, heads: 2 },
    resampler: { kind: "transformer", width: 12, layers: 2, heads: 2, headDim: 6, latents: 3, frames: 2 },
  },
  "NFNet and an MLP": {
    vision: { kind: "nfnet", imageSize: 32, depths: [1, 1, 1, 1], channels: [8, 16, 16, 16], stem: [4, 4, 8, 8], groupSize: 4, width: 12 },
    resampler: { kind: "mlp", width: 12, layers: 2, latents: 3, frames: 2 },
  },
  "NFNet with its classifier, and VANILLA XATTN": {
    vision: { kind: "nfnet", imageSize: 32, depths: [1, 1, 1, 1], channels: [8, 16, 16, 16], stem: [4, 4, 8, 8], groupSize: 4, width: 12, classes: 5 },
    fusion: { kind: "vanilla-cross-attention", gateInitial: 0.7 },
  },
  GRAFTING: { fusion: { kind: "grafting", layers: 2, gateInitial: 0.7 } },
};

const media = [
  { tokens: [3, 7, 1, 9, 1, 5], mediaOf: [-1, 0, 0, 0, 1, 1] },
  { tokens: [4, 2, 8, 1, 6, 0], mediaOf: [0, 0, 0, 0, 0, 0] },
];
const feeds: Values = {
  tokens: integers(
    [2, 6],
    media.flatMap(({ tokens }) => tokens),
  ),
  rows: integers([7], [0, 1, 3, 4, 6, 8, 10]),
  labels: integers([7], [7, 1, 1, 5, 2, 1, 0]),
  labelWeights: floats([7], [1, 1, 0.5, 1, 1, 2, 1]),
  pixels: random([3, 2, 3, 32, 32], 5),
  ...(mediaView(media, { tokens: 6, attend: "last" }) as unknown as Values),
};

const modelOf = (changes: Partial<FlamingoConfigInput>): Flamingo => new Flamingo(parseFlamingoConfig({ ...base, ...changes }));

describe.each(Object.entries(cases))("%s", (_, changes) => {
  const model = modelOf(changes);
  const outputs = new TrainingGraphs(model).training({ labels: "rows" });
  const weights = weightsOf(model.parameters().values());

  test("each part's gradients are the slopes of the loss", async () => {
    const [step, loss] = await Promise.all([compile(outputs), compile({ loss: outputs["loss"]! })]);
    const found = await step({ ...weights, ...feeds });
    for (const part of flamingoParts) {
      const paths = Object.keys(weights).filter((path) => partOf(path) === part);
      const length = Math.sqrt(paths.reduce((sum, path) => sum + found[`gradient.${path}`]!.reduce((all, each) => all + each ** 2, 0), 0));
      expect(length, part).toBeGreaterThan(1e-3);
      // Along the gradient, where the slope is its length.
      const along = async (distance: number): Promise<number> => {
        const moved = paths.map((path): [string, Value] => {
          const gradient = found[`gradient.${path}`]!;
          const { shape, data } = weights[path]!;
          return [
            path,
            floats(
              shape,
              (data as Float32Array).map((value, i) => value + (distance * gradient[i]!) / length),
            ),
          ];
        });
        return (await loss({ ...weights, ...Object.fromEntries(moved), ...feeds }))["loss"]![0]!;
      };
      const reach = 2e-3 / Math.max(1, length);
      expect(((await along(reach)) - (await along(-reach))) / (2 * reach) / length, part).toBeCloseTo(1, 1);
    }
  });

  test("blocks that are computed again give the same gradients", async () => {
    const again = new TrainingGraphs(model).training({ labels: "rows", recompute: true });
    const [kept, recomputed] = await Promise.all([outputs, again].map(async (each) => (await compile(each))({ ...weights, ...feeds })));
    expect(Object.keys(recomputed!)).toEqual(Object.keys(kept!));
    for (const [name, values] of Object.entries(kept!)) expect(largestDifference(values, recomputed![name]!), name).toBeLessThan(1e-6);
  });
});

test("what is computed again is the inside of blocks, and nothing that no gradient needs", () => {
  const counts = (recompute: boolean, changes: Partial<FlamingoConfigInput>): Readonly<Record<string, number>> => {
    const model = modelOf(changes);
    const { bytes } = toOnnx({ outputs: new TrainingGraphs(model).training({ recompute }), parameterIsInput: (path) => model.trainable(path) });
    const operators = fromBinary(ModelProtoSchema, bytes).graph!.node.map(({ opType }) => opType);
    return Object.fromEntries(["Softmax", "LogSoftmax", "Gelu"].map((name) => [name, operators.filter((each) => each === name).length]));
  };
  // Attentions: 2 of the tower, 2 of the resampler, 2 fusion layers, 3 blocks; and one softmax of the loss's derivative.
  // What is cheap is made again in any case: the activations, which the weights behind them are learnt from.
  expect(counts(false, {})).toMatchObject({ Softmax: 10, LogSoftmax: 1, Gelu: 6 });
  expect(counts(true, {})).toMatchObject({ Softmax: 19, LogSoftmax: 1, Gelu: 6 });
  // Fusion begins at the last block: below it there is no gradient in the language model. Of a frozen feed-forward layer only the slope is needed.
  const late = { fusion: { kind: "gated-cross-attention-dense", every: 3, offset: 2 }, freeze: {} } as const;
  expect(counts(false, late)).toMatchObject({ Softmax: 7, Gelu: 3 });
  expect(counts(true, late)).toMatchObject({ Softmax: 11, Gelu: 3 });
});
