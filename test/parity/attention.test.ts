/** What explaining says, against code that is not ours (tools/reference/attention.py): OpenFlamingo's own layers, and PyTorch's TransformerEncoderLayer. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { explainAnswer } from "../../src/generate/explain.ts";
import type { Explanation, Origin } from "../../src/generate/explanation.ts";
import { MediaEncoder } from "../../src/generate/media-encoder.ts";
import { ModelSessions } from "../../src/generate/model-sessions.ts";
import { PromptReader } from "../../src/generate/prompt-reader.ts";
import { concat, input, mean, slice } from "../../src/graph/graph.ts";
import { Flamingo, image, Template } from "../../src/index.ts";
import { Flamingo as Network } from "../../src/model/flamingo.ts";
import { rollout } from "../../src/model/resampler/rollout.ts";
import { TransformerResampler, transformerResamplerConfig } from "../../src/model/resampler/transformer.ts";
import { Scope } from "../../src/nn/scope.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";
import { compile, floats, largestDifference } from "../model/support.ts";
import { fixtures, pictures } from "./published-model.ts";

interface ReferenceAttention {
  readonly template: string;
  readonly logProbabilities: readonly number[];
  /** [layers][tokens][heads][pictures][latents] */
  readonly fusion: readonly (readonly number[][][])[][];
  /** Attention's and feed-forward's, of each layer. */
  readonly gates: readonly (readonly [number, number])[];
  /** [layers][pictures][latents][positions+latents] */
  readonly resampler: readonly number[][][][];
  /** [pictures][latents][positions+latents] */
  readonly rollout: readonly number[][][];
}

const read = async (path: string): Promise<unknown> => JSON.parse(await readFile(join(import.meta.dirname, "../fixtures", path), "utf8"));
const tolerance = 1e-5;

/** As the reference lays it out. */
const shares = ({ map, learnt }: Origin): number[] => [...map.flat(2), learnt];
/** The reference's row, its latents as one. */
const summed = (row: readonly number[], latents: number): number[] => [...row.slice(0, -latents), row.slice(-latents).reduce((a, b) => a + b, 0)];

describe("OpenFlamingo", async () => {
  const expected = (await read("generate/openflamingo-attention.json")) as {
    pictures: number[];
    answer: number[];
    last: ReferenceAttention;
    all: ReferenceAttention;
  };
  const asked = ({ template }: ReferenceAttention): [Template] => [
    new Template(
      template,
      expected.pictures.map((i) => image(pictures[i]!)),
    ),
  ];
  const ranges = expected.answer.map((_, i) => [i, i + 1] as const);
  let model: Flamingo;
  beforeAll(async () => {
    model = await Flamingo.load(join(fixtures, "openflamingo-neox"), { device: "cpu", threads: 1, worker: false });
  });
  afterAll(() => model.dispose());

  function compare({ tokens, layers, media, words }: Explanation, { fusion, gates, resampler, rollout: origins, logProbabilities }: ReferenceAttention): void {
    expect(
      largestDifference(
        tokens.map(({ logProbability }) => logProbability),
        logProbabilities,
      ),
    ).toBeLessThan(1e-3);
    expect(layers.map(({ block }) => block)).toEqual([0, 1, 2, 3]);
    expect(
      largestDifference(
        layers.flatMap((layer) => [...layer.gates.attention, ...layer.gates.feedForward!]),
        gates.flat(),
      ),
    ).toBeLessThan(tolerance);
    for (const { index, layers: looks, latents } of media) {
      const count = latents.length;
      looks.forEach((layer, i) => {
        layer.forEach((origin, latent) => expect(largestDifference(shares(origin), summed(resampler[i]![index]![latent]!, count))).toBeLessThan(tolerance));
      });
      latents.forEach((origin, latent) => expect(largestDifference(shares(origin), summed(origins[index]![latent]!, count))).toBeLessThan(tolerance));
    }
    words.forEach((word, token) => {
      for (const look of word.media)
        look.layers.forEach(({ heads, latents, ...origin }, j) => {
          const ofHeads = fusion[j]![token]!.map((head) => head[look.index]!);
          expect(largestDifference(heads.flat(), ofHeads.flat())).toBeLessThan(tolerance);
          const average = ofHeads[0]!.map((_, latent) => (ofHeads[0]![latent]! + ofHeads[1]![latent]!) / 2);
          expect(largestDifference(latents, average)).toBeLessThan(tolerance);
          const product = origins[look.index]![0]!.map((_, place) =>
            average.reduce((sum, weight, latent) => sum + weight * origins[look.index]![latent]![place]!, 0),
          );
          expect(largestDifference(shares(origin), summed(product, average.length))).toBeLessThan(tolerance);
        });
    });
  }

  test("weights of every head, layer and token of an answer, with the last picture seen", async () => {
    const found = await model.explain(asked(expected.last), expected.answer, { ranges });
    expect(found.media.map(({ index }) => index)).toEqual([2]);
    compare(found, expected.last);
  });

  test("the same with all pictures seen", async () => {
    const { config, weights, preprocessing, tokenizer } = model.folder;
    const network = new Network({ ...config, fusion: { ...config.fusion, attend: "all" } });
    const sessions = new ModelSessions(network, weights, await createRuntime({ device: "cpu", threads: 1, worker: false }));
    const encoder = new MediaEncoder(sessions, preprocessing);
    const prompts = new PromptReader(model.folder, sessions, encoder);
    const found = await explainAnswer(asked(expected.all), expected.answer, { ranges }, { sessions, prompts, encoder, folder: { tokenizer, preprocessing } });
    expect(found.media.map(({ index }) => index)).toEqual([0, 1, 2]);
    compare(found, expected.all);
    for (const { media } of found.words) expect(media.reduce((sum, { average }) => sum + average.share, 0)).toBeCloseTo(1, 5);
  });
});

test("the Transformer resampler attends as PyTorch's own encoder layers do", async () => {
  const { width, heads, hidden, layers, latents, positions, ...expected } = (await read("nn/transformer-attention.json")) as Record<
    "width" | "heads" | "hidden" | "layers" | "latents" | "positions",
    number
  > & { weights: number[][][]; rollout: number[][]; result: number[][] };
  const sines = (first: number, ...shape: number[]) =>
    floats(
      shape,
      Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(0.7 * i ** 1.5 + first)),
    );
  const scope = new Scope();
  const config = { kind: "transformer", width, latents, layers, heads, headDim: width / heads, hidden, activation: "gelu", frames: 0 };
  const resampler = new TransformerResampler(scope, transformerResamplerConfig.parse(config), { visionWidth: width, spatial: positions, classes: 0 });
  const seen: ReturnType<typeof mean>[] = [];
  const result = resampler.forward(input("features", "float32", ["media", "frames", positions, width]), (weights) => void seen.push(mean(weights, 1)));
  const run = await compile({
    result,
    weights: concat(
      seen.map((each) => slice(each, 1, positions, positions + latents)),
      1,
    ),
    rollout: rollout(seen, latents),
  });

  const values: Record<string, ReturnType<typeof floats>> = {
    features: sines(1, 1, 1, positions, width),
    latents: floats(
      [latents, width],
      (sines(2, latents, width).data as Float32Array).map((value) => 2 * value),
    ),
  };
  for (let i = 0; i < layers; i++) {
    const given = (j: number, ...shape: number[]): Float32Array => sines(10 * i + j, ...shape).data as Float32Array;
    const joined = given(0, 3 * width, width);
    ["query", "key", "value"].forEach((name, part) => {
      values[`layers.${i}.attention.${name}.weight`] = floats([width, width], joined.subarray(part * width * width, (part + 1) * width * width));
    });
    values[`layers.${i}.attention.output.weight`] = floats([width, width], given(1, width, width));
    values[`layers.${i}.feedForward.up.weight`] = floats([hidden, width], given(2, hidden, width));
    values[`layers.${i}.feedForward.down.weight`] = floats([width, hidden], given(3, width, hidden));
    for (const [norm, j] of [
      ["attention.norm", 4],
      ["norm", 5],
    ] as const) {
      values[`layers.${i}.${norm}.scale`] = floats(
        [width],
        given(j, width).map((value) => value + 1),
      );
      values[`layers.${i}.${norm}.bias`] = floats([width], new Float32Array(width));
    }
  }
  const found = await run(values);
  expect(largestDifference(found["result"]!, expected.result.flat())).toBeLessThan(2e-4);
  expect(largestDifference(found["weights"]!, expected.weights.flat(2))).toBeLessThan(tolerance);
  expect(largestDifference(found["rollout"]!, expected.rollout.flat())).toBeLessThan(tolerance);
});
