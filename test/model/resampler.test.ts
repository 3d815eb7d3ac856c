import { describe, expect, test } from "vitest";
import { input } from "../../src/graph/graph.ts";
import { createResampler, resamplerConfig } from "../../src/model/resampler/create-resampler.ts";
import { TimeEmbedding } from "../../src/model/resampler/time-embedding.ts";
import { Scope } from "../../src/nn/scope.ts";
import { compile, floats, largestDifference, random, type Value, weightsOf } from "./support.ts";

const [visionWidth, spatial, width, latents] = [6, 4, 8, 3];
const small = { width, latents, layers: 2, frames: 3 };
const configs = {
  perceiver: { kind: "perceiver", ...small, heads: 2, headDim: 5 },
  "perceiver as OpenFlamingo": { kind: "perceiver", ...small, frames: 0, heads: 2, headDim: 4, activation: "gelu", finalNorm: true },
  "perceiver as IDEFICS": { kind: "perceiver", ...small, frames: 0, heads: 2, headDim: 4, activation: "relu", finalNorm: true, queryKeyNorm: true },
  mlp: { kind: "mlp", ...small },
  transformer: { kind: "transformer", ...small, heads: 2, headDim: 5 },
};

async function build(config: unknown, places = spatial): Promise<(features: Value) => Promise<Float32Array>> {
  const scope = new Scope();
  const resampler = createResampler(scope, resamplerConfig.parse(config), { visionWidth, classes: 0, spatial: places });
  const run = await compile({ media: resampler.forward(input("features", "float32", ["media", "frames", places, visionWidth])) });
  const weights = weightsOf(scope.parameters().values());
  return async (features) => (await run({ ...weights, features }))["media"]!;
}

/** Features [media, frames, spatial, visionWidth] with one axis in another order. */
function permuted({ shape, data }: Value, axis: number, order: readonly number[]): Value {
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const size = shape[axis]!;
  const moved = Float32Array.from(data as Float32Array, (_, i) => {
    const place = Math.floor(i / inner) % size;
    return (data as Float32Array)[i + (order[place]! - place) * inner]!;
  });
  return floats(shape, moved);
}

describe.each(Object.entries(configs))("%s", (_, config) => {
  test("gives the same number of latents for any number of frames", async () => {
    const run = await build(config);
    for (const frames of [1, 2, 3, 7]) expect(await run(random([2, frames, spatial, visionWidth], 1))).toHaveLength(2 * latents * width);
  });

  test("treats every medium by itself", async () => {
    const run = await build(config);
    const pair = random([2, 2, spatial, visionWidth], 2);
    const second = floats([1, 2, spatial, visionWidth], (pair.data as Float32Array).subarray(pair.data.length / 2));
    const [both, alone] = [await run(pair), await run(second)];
    expect(largestDifference(both.subarray(latents * width), alone)).toBeLessThan(1e-5);
  });

  test("minds the order of frames exactly if it has time embeddings", async () => {
    const run = await build(config);
    const video = random([1, 3, spatial, visionWidth], 3);
    const difference = largestDifference(await run(video), await run(permuted(video, 1, [2, 0, 1])));
    if (config.frames > 0) expect(difference).toBeGreaterThan(1e-4);
    else expect(difference).toBeLessThan(1e-5);
  });
});

test.each(["perceiver", "perceiver as OpenFlamingo", "perceiver as IDEFICS", "transformer"] as const)(
  "%s does not mind the order of spatial positions",
  async (name) => {
    const run = await build(configs[name]);
    const features = random([1, 2, spatial, visionWidth], 4);
    const [usual, mixed] = [await run(features), await run(permuted(features, 2, [3, 1, 0, 2]))];
    expect(largestDifference(usual, mixed)).toBeLessThan(1e-5);
  },
);

test("the MLP resampler tells spatial positions apart", async () => {
  const run = await build(configs.mlp);
  const features = random([1, 2, spatial, visionWidth], 4);
  expect(largestDifference(await run(features), await run(permuted(features, 2, [3, 1, 0, 2])))).toBeGreaterThan(1e-3);
});

describe("time embeddings", () => {
  const learnt = Float32Array.from([1, 10, 2, 20, 4, 0]); // 3 frames of width 2
  async function embeddings(frames: number): Promise<Float32Array> {
    const scope = new Scope();
    const time = new TimeEmbedding(scope, { frames: 3, width: 2 }).forward("frames");
    const run = await compile({ time, frames: input("x", "float32", ["frames"]) });
    return (await run({ weight: floats([3, 1, 2], learnt), x: random([frames], 1) }))["time"]!;
  }

  test("as many frames as were learnt get exactly what was learnt", async () => expect(await embeddings(3)).toEqual(learnt));
  test("fewer frames get the first ones", async () => {
    expect(await embeddings(1)).toEqual(learnt.slice(0, 2));
    expect(await embeddings(2)).toEqual(learnt.slice(0, 4));
  });
  test("more frames are interpolated, end points kept", async () => {
    expect([...(await embeddings(5))]).toEqual([1, 10, 1.5, 15, 2, 20, 3, 10, 4, 0]);
  });
});

test("alternatives have the Perceiver's parameter budget (ablation vi)", () => {
  const count = (kind: string): number => {
    const scope = new Scope();
    createResampler(scope, resamplerConfig.parse({ kind }), { visionWidth: 3072, classes: 0, spatial: 100 });
    return [...scope.parameters().values()].reduce((total, { shape }) => total + (shape as number[]).reduce((a, b) => a * b, 1), 0);
  };
  expect(count("perceiver") / 1e6).toBeCloseTo(194, -0.5); // the paper's table
  expect(count("mlp") / count("perceiver")).toBeCloseTo(1, 2);
  expect(count("transformer") / count("perceiver")).toBeCloseTo(1, 2);
});
