import { beforeAll, describe, expect, test } from "vitest";
import { mediaView } from "../../src/data/media-view.ts";
import { input, toOnnx } from "../../src/graph/graph.ts";
import { type FlamingoConfigInput, parseFlamingoConfig } from "../../src/model/config.ts";
import { Flamingo } from "../../src/model/flamingo.ts";
import { mediaViewInputs } from "../../src/model/fusion/media-view.ts";
import { createRuntime, type HostTensor, type Runtime } from "../../src/runtime/runtime.ts";
import { integers, largestDifference, noise, random, weightsOf } from "./support.ts";

const language = { vocabulary: 31, width: 16, blocks: 4, heads: 2, hidden: 24, maxTokens: 64 } as const;
const base = {
  vision: { kind: "mobilenet-v2", imageSize: 32, features: ["stride16"] },
  resampler: { kind: "perceiver", width: 12, layers: 1, heads: 2, headDim: 8, latents: 3, frames: 1 },
  language,
} as const;

const fusions: Readonly<Record<string, FlamingoConfigInput["fusion"]>> = {
  "every layer": { kind: "gated-cross-attention-dense" },
  "every 2nd, from the 2nd on": { kind: "gated-cross-attention-dense", every: 2, offset: 1 },
  "single in the middle": { kind: "gated-cross-attention-dense", placement: "single" },
  "vector gates, query/key norm, RMS, SwiGLU": {
    kind: "gated-cross-attention-dense",
    gateShape: "vector",
    queryKeyNorm: true,
    norm: "rms",
    activation: "swiGlu",
  },
  "narrow inside, media as they are": { kind: "gated-cross-attention-dense", heads: 1, headDim: 8, mediaNorm: false, mediaProjection: "none" },
  "all previous media": { kind: "gated-cross-attention-dense", attend: "all" },
  "VANILLA XATTN": { kind: "vanilla-cross-attention" },
  GRAFTING: { kind: "grafting", layers: 2 },
};

/** Text before the first picture, pictures back to back, text after each. */
const mediaOf = [-1, -1, 0, 0, 1, 2, 2, 2, 2];
const tokens = [3, 7, 1, 9, 1, 1, 12, 5, 8];
const features = random([3, 1, 4, 96], 21);

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ device: "cpu", threads: 1, worker: false });
});

interface Subject {
  readonly model: Flamingo;
  /** Logits [batch*tokens, vocabulary] of rows with their media. */
  run(rows: readonly { readonly tokens: readonly number[]; readonly mediaOf: readonly number[] }[], media: HostTensor): Promise<Float32Array>;
  alone(row: readonly number[]): Promise<Float32Array>;
}

async function subject(fusion: FlamingoConfigInput["fusion"], open: boolean): Promise<Subject> {
  const model = new Flamingo(parseFlamingoConfig({ ...base, fusion }));
  const { attend } = model.config.fusion;
  const values = weightsOf(model.parameters().values(), (path, initial) =>
    /[gG]ate\.alpha/.test(path) ? initial.fill(open ? 0.7 : 0) : initial.map((value) => 3 * value),
  );
  const weights = new Map(Object.entries(values));
  const media = model.fusion.mediaKeysValues(model.resampler.forward(input("features", "float32", ["media", "frames", 4, 96])));
  const inputs = { tokens: input("tokens", "int64", ["batch", "tokens"]) };
  const joined = model.language.forward({ ...inputs, ...model.fusion.hooks(media, mediaViewInputs(attend)) });
  const session = await runtime.compile(toOnnx({ outputs: { logits: joined.logits } }), weights);
  const bare = await runtime.compile(toOnnx({ outputs: { logits: model.language.forward(inputs).logits } }), weights);
  return {
    model,
    async run(rows, shown) {
      const length = Math.max(...rows.map((row) => row.tokens.length));
      const padded = rows.flatMap((row) => [...row.tokens, ...new Array<number>(length - row.tokens.length).fill(0)]);
      const view = mediaView(rows, { tokens: length, attend });
      return (await session.run({ tokens: integers([rows.length, length], padded), features: shown, ...view }))["logits"]!.data as Float32Array;
    },
    async alone(row) {
      return (await bare.run({ tokens: integers([1, row.length], row) }))["logits"]!.data as Float32Array;
    },
  };
}

/** The features with those of one medium replaced. */
function changed(medium: number): HostTensor {
  const data = (features.data as Float32Array).slice();
  data.set(noise(4 * 96, 99 + medium), medium * 4 * 96);
  return { ...features, data };
}

function select(from: HostTensor, first: number, count: number): HostTensor {
  return { dtype: "float32", shape: [count, 1, 4, 96], data: (from.data as Float32Array).subarray(first * 384, (first + count) * 384) };
}

describe.each(Object.entries(fusions))("%s", (_, fusion) => {
  test("with its gates at 0 the model is its language model, exactly", async () => {
    const closed = await subject(fusion, false);
    expect(await closed.run([{ tokens, mediaOf }], features)).toEqual(await closed.alone(tokens));
  });

  test("changing a picture changes nothing before its marker, and something after it", async () => {
    const { run } = await subject(fusion, true);
    const before = await run([{ tokens, mediaOf }], features);
    for (const medium of [0, 1, 2]) {
      const after = await run([{ tokens, mediaOf }], changed(medium));
      const marker = mediaOf.indexOf(medium) * language.vocabulary;
      expect(after.subarray(0, marker)).toEqual(before.subarray(0, marker));
      expect(largestDifference(after.subarray(marker), before.subarray(marker))).toBeGreaterThan(1e-3);
    }
  });

  test("a batch gives what its rows give alone", async () => {
    const { run } = await subject(fusion, true);
    const rows = [
      { tokens, mediaOf },
      { tokens: tokens.slice(0, 4), mediaOf: [-1, -1, -1, -1] },
      { tokens: tokens.slice(2, 7), mediaOf: [0, 0, 0, 0, 1] },
    ];
    const more = random([5, 1, 4, 96], 31);
    const together = await run(rows, more);
    const first = [0, 3, 3];
    for (const [i, row] of rows.entries()) {
      const count = Math.max(...row.mediaOf) + 1;
      const single = await run([row], select(more, count === 0 ? 0 : first[i]!, Math.max(1, count)));
      const own = together.subarray(i * tokens.length * language.vocabulary, (i * tokens.length + row.tokens.length) * language.vocabulary);
      expect(largestDifference(own, single)).toBeLessThan(2e-5);
    }
  });
});

describe("what a position sees", () => {
  async function firstFusionLayer(attend: "last" | "all"): Promise<(shown: HostTensor) => Promise<Float32Array>> {
    const model = new Flamingo(parseFlamingoConfig({ ...base, fusion: { kind: "gated-cross-attention-dense", attend } }));
    const weights = new Map(
      Object.entries(weightsOf(model.parameters().values(), (path, initial) => (/[gG]ate\.alpha/.test(path) ? initial.fill(0.7) : initial))),
    );
    const media = model.fusion.mediaKeysValues(model.resampler.forward(input("features", "float32", ["media", "frames", 4, 96])));
    const { beforeBlock } = model.fusion.hooks(media, mediaViewInputs(attend));
    const hidden = beforeBlock!(0, model.language.embed(input("tokens", "int64", ["batch", "tokens"])));
    const session = await runtime.compile(toOnnx({ outputs: { hidden } }), weights);
    return async (shown) =>
      (await session.run({ tokens: integers([1, tokens.length], tokens), features: shown, ...mediaView([{ mediaOf }], { tokens: tokens.length, attend }) }))[
        "hidden"
      ]!.data as Float32Array;
  }

  test.each(["last", "all"] as const)("is the last picture before it, or all of them: %s", async (attend) => {
    const layer = await firstFusionLayer(attend);
    const before = await layer(features);
    for (const medium of [0, 1, 2]) {
      const after = await layer(changed(medium));
      mediaOf.forEach((seen, position) => {
        const at = [position * language.width, (position + 1) * language.width] as const;
        const moved = largestDifference(after.subarray(...at), before.subarray(...at)) > 1e-6;
        expect(moved, `position ${position}, picture ${medium}`).toBe(attend === "last" ? seen === medium : seen >= medium);
      });
    }
  });
});
