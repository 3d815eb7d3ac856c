import { afterAll, describe, expect, test } from "vitest";
import { convertWeights } from "../../src/checkpoint/convert-weights.ts";
import { mediaView } from "../../src/data/media-view.ts";
import { toOnnx } from "../../src/graph/graph.ts";
import { type FlamingoConfig, parseFlamingoConfig } from "../../src/model/config.ts";
import { Flamingo } from "../../src/model/flamingo.ts";
import { ConfigError } from "../../src/model/strict-config.ts";
import { TrainingGraphs } from "../../src/model/training-graphs.ts";
import { formatsOf, type WeightFormat, type WeightFormats } from "../../src/nn/scope.ts";
import { createRuntime, type HostTensor } from "../../src/runtime/runtime.ts";
import { integers, noise, random, weightsOf } from "./support.ts";

const runtime = await createRuntime({ device: "cpu", threads: 1, worker: false });
afterAll(() => runtime.dispose());

function configOf(language: object): FlamingoConfig {
  return parseFlamingoConfig({
    vision: { kind: "mobilenet-v2", imageSize: 32, features: ["stride16"] },
    resampler: { kind: "perceiver", width: 32, layers: 1, heads: 2, headDim: 16, latents: 3, frames: 1 },
    language: { vocabulary: 40, width: 64, blocks: 2, heads: 2, hidden: 96, maxTokens: 64, ...language },
    fusion: { kind: "gated-cross-attention-dense", heads: 2, headDim: 16, gateInitial: 0.8 },
  });
}

const rows = [{ mediaOf: [-1, -1, 0, 0, 1, 2, 2] }, { mediaOf: [-1, -1, -1, -1, -1, -1, -1] }];
const [media, tokens] = [3, 7];
const text = (seed: number): HostTensor =>
  integers(
    [2, tokens],
    Array.from(noise(2 * tokens, seed), (value) => Math.floor(((value + 1) / 2) * 40)),
  );

/** Loss and gradients of one training step, by name. */
async function trainingStep(network: Flamingo, weights: ReadonlyMap<string, HostTensor>): Promise<Record<string, Float32Array>> {
  const session = await runtime.compile(toOnnx({ outputs: new TrainingGraphs(network).training() }), weights);
  const { spatial, width } = network.vision;
  const results = await session.run({
    features: random([media, 1, spatial, width], 3),
    tokens: text(1),
    labels: text(2),
    labelWeights: { dtype: "float32", shape: [2, tokens], data: new Float32Array(2 * tokens).fill(1) },
    ...mediaView(rows, { tokens, attend: "last" }),
  });
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]));
}

function stored(config: FlamingoConfig, formats: WeightFormats): { network: Flamingo; weights: Map<string, HostTensor>; floats: Map<string, HostTensor> } {
  const plain = new Flamingo(config);
  const initial = new Map(
    Object.entries(weightsOf(plain.parameters().values(), (path, values) => values.map((value) => (/embedding/.test(path) ? 10 : 1) * value))),
  );
  const weights = new Map(convertWeights(new Flamingo(config, formats).weights(), initial));
  // What the codes stand for, as float32.
  return { network: new Flamingo(config, formatsOf(weights)), weights, floats: new Map(convertWeights(plain.weights(), weights)) };
}

const ofLanguage =
  (format: WeightFormat): WeightFormats =>
  (path) =>
    path.startsWith("language.") && !path.startsWith("language.extra") ? format : undefined;

describe.each([
  ["tied, with new entries", { extraTokens: 3 }],
  ["not tied", { tiedEmbeddings: false, norm: "rms", activation: "swiGlu" }],
] as const)("a frozen language model in few bits, its embedding %s", (_, language) => {
  const config = configOf(language);

  test.each([
    ["blocks of 4 bits", { bits: 4, blockSize: 32, offsets: false }, [64, 3, 16]],
    ["blocks of 4 bits, large where they fit", { bits: 4, blockSize: 128, offsets: false }, [64, 3, 16]],
    ["blocks of 8 bits", { bits: 8, blockSize: 32, offsets: false }, [64, 3, 32]],
    ["channels of 8 bits", "channels", [96, 64]],
  ] as const)("%s: a training step gives the gradients of the float32 weights that the codes stand for", async (_, format, shape) => {
    const { network, weights, floats } = stored(config, ofLanguage(format));
    expect(weights.get("language.blocks.1.feedForward.down.weight.codes")!.shape).toEqual(shape);
    expect(weights.has("language.embedding.weight")).toBe(false);
    const found = await trainingStep(network, weights);
    const expected = await trainingStep(new Flamingo(config), floats);
    expect(Math.abs(found["loss"]![0]! / expected["loss"]![0]! - 1)).toBeLessThan(0.01);
    expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
    const squares = (values: Float32Array): number => values.reduce((sum, value) => sum + value * value, 0);
    let [difference, size] = [0, 0];
    for (const [name, values] of Object.entries(expected)) {
      if (!name.startsWith("gradient.fusion") && !name.startsWith("gradient.resampler")) continue;
      difference += squares(values.map((value, i) => value - found[name]![i]!));
      size += squares(values);
    }
    // Products in few bits turn their inputs to 8 bits.
    expect(Math.sqrt(difference / size)).toBeLessThan(0.03);
    expect(size).toBeGreaterThan(0);
  });
});

test("parameters are counted the same, whatever they are stored as", () => {
  const config = configOf({ extraTokens: 3 });
  expect(new Flamingo(config, () => ({ bits: 4, blockSize: 32, offsets: true })).count()).toEqual(new Flamingo(config).count());
});

test("large blocks are where rows are whole ones, else small ones", () => {
  const network = new Flamingo(configOf({ hidden: 128 }), () => ({ bits: 4, blockSize: 128, offsets: false }));
  const shape = (name: string) => network.parameters().get(`language.blocks.0.feedForward.${name}.weight.codes`)!.shape;
  expect(shape("down")).toEqual([64, 1, 64]);
  expect(shape("up")).toEqual([128, 2, 16]);
});

test("a matrix whose rows are no whole blocks stays float32", () => {
  const network = new Flamingo(configOf({ hidden: 40 }), () => ({ bits: 4, blockSize: 32, offsets: false }));
  expect(network.parameters().get("language.blocks.0.feedForward.down.weight")!.shape).toEqual([64, 40]);
  expect(network.parameters().has("language.blocks.0.feedForward.up.weight.codes")).toBe(true);
});

test("weights in few bits cannot be trained", () => {
  const network = new Flamingo(configOf({}), () => ({ bits: 8, blockSize: 32, offsets: false }));
  expect(() => new TrainingGraphs(network).training()).toThrow(ConfigError);
  expect(() => new TrainingGraphs(network).training()).toThrow(/resampler\.\S+\.codes is stored in few bits, which cannot be trained: freeze its part/);
});
