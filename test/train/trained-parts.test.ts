/** What of a model is trained is said in the config: parts frozen, from given weights or at random, each with its share of the learning rate. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { prepareTraining } from "../../src/cli/training-inputs.ts";
import { createRuntime, type HostTensor } from "../../src/runtime/runtime.ts";
import { MediaPixels } from "../../src/train/media-pixels.ts";
import { runFolder } from "../../src/train/platform/node-run-files.ts";
import { train } from "../../src/train/run.ts";
import { parseTrainingConfig } from "../../src/train/training-config.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-trained-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const tiny = {
  vision: { kind: "clip-vit", imageSize: 32, patchSize: 16, width: 16, layers: 1, heads: 2 },
  resampler: { kind: "perceiver", width: 16, layers: 1, heads: 2, headDim: 8, latents: 4, frames: 1 },
  language: { vocabulary: 4096, width: 16, blocks: 2, heads: 2, maxTokens: 64 },
  fusion: { kind: "gated-cross-attention-dense", heads: 2, headDim: 8, gateInitial: 0.5 },
};
const recipe = {
  name: "tiny",
  stage: "flamingo",
  tokenizer: { file: "models/nano/tokenizer.json" },
  preprocessing: { fit: "squash", mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] },
  data: [{ kind: "module", name: "discs", module: "./discs.ts", rows: 4, options: { stored: true } }],
  optimiser: { learningRate: 0.01, weightDecay: 0 },
  train: { steps: 4, seed: 2 },
};

interface Changes {
  readonly freeze?: object;
  readonly optimiser?: object;
  readonly train?: object;
}

async function trained({ freeze = {}, optimiser, train: length }: Changes): Promise<{ losses: number[]; weights: ReadonlyMap<string, HostTensor> }> {
  const config = parseTrainingConfig({
    ...recipe,
    model: { ...tiny, freeze },
    optimiser: { ...recipe.optimiser, ...optimiser },
    train: { ...recipe.train, ...length },
  });
  const run = await mkdtemp(join(folder, "run-"));
  const runtime = await createRuntime({ device: "cpu", threads: 1, worker: false });
  const losses: number[] = [];
  try {
    const { sources, initial } = await prepareTraining(config, { folder: run, modules: import.meta.dirname }, runtime, () => {});
    const events = train({ config, sources, initial, runtime, files: runFolder(run), resume: false });
    for (let result = await events.next(); ; result = await events.next()) {
      if (result.done === true) return { losses, weights: result.value };
      if (result.value.type === "step") losses.push(result.value.losses["discs"]!);
    }
  } finally {
    await runtime.dispose();
  }
}

const partsOf = (weights: ReadonlyMap<string, HostTensor>): string[] => [...new Set([...weights.keys()].map((path) => path.split(".")[0]!))].sort();

describe("a stage flamingo", () => {
  const all = { vision: false, language: false };

  test("trains a vision encoder and a language model from random weights, from pixels", async () => {
    const { losses, weights } = await trained({ freeze: all, train: { steps: 40 } });
    expect(partsOf(weights)).toEqual(["fusion", "language", "resampler", "vision"]);
    expect(losses.at(-1)).toBeLessThan(0.5 * losses[0]!);
  });

  test("trains each part at its share of the learning rate", async () => {
    // Adam's first step is as long as the learning rate, whatever the gradient is.
    const one = { train: { steps: 1 }, freeze: all };
    const [whole, shares] = await Promise.all([
      trained({ ...one, optimiser: { learningRate: 1e-3 } }),
      trained({ ...one, optimiser: { learningRate: 1e-3, rates: { vision: 0.01, language: 0.1 }, groups: [{ paths: "Gate", learningRateFactor: 0.5 }] } }),
    ]);
    const begun = await trained({ ...one, optimiser: { learningRate: 1e-12 } });
    const distance = ({ weights }: typeof whole, path: string): number => {
      const [a, b] = [weights, begun.weights].map((each) => each.get(path)!.data as Float32Array);
      return Math.max(...a!.map((value, i) => Math.abs(value - b![i]!)));
    };
    for (const [path, share] of [
      ["vision.layers.0.attention.output.weight", 0.01],
      ["language.blocks.1.attention.output.weight", 0.1],
      ["resampler.latents", 1],
      ["fusion.layers.0.attentionGate.alpha", 0.5],
    ] as const) {
      expect(distance(whole, path), path).toBeGreaterThan(0.9e-3);
      expect(distance(shares, path) / distance(whole, path), path).toBeCloseTo(share, 2);
    }
  });

  test("that computes blocks again ends with the same weights", async () => {
    const [kept, again] = await Promise.all([trained({ freeze: all }), trained({ freeze: all, train: { recompute: true } })]);
    expect(again.losses).toEqual(kept.losses);
    for (const [path, { data }] of kept.weights) expect(again.weights.get(path)!.data, path).toEqual(data);
  });

  test.each([
    [
      "a part that is frozen",
      { rates: { vision: 0.1 } },
      /"optimiser\.rates\.vision" is the learning rate of a part that is frozen.*"model\.freeze\.vision": false/,
    ],
    ["no part", { rates: { text: 0.1 } }, /optimiser\.rates/],
  ])("refuses a learning rate of %s", (_, optimiser, message) => {
    expect(() => parseTrainingConfig({ ...recipe, model: tiny, optimiser: { ...recipe.optimiser, ...optimiser } })).toThrow(message);
  });
});

describe("pixels", () => {
  const preprocessing = {
    size: [2, 2] as [number, number],
    fit: "squash",
    interpolation: "bicubic",
    background: [255, 255, 255],
    mean: [0, 0.5, 0],
    deviation: [1, 0.5, 1],
  } as const;
  const grey = (value: number) => ({ width: 2, height: 2, data: new Uint8ClampedArray(12).fill(value) });
  const stored = { ids: ["a"], versions: 2, key: "greys", render: (_: string, version: number) => Promise.resolve(grey(51 * version)) };
  const media = new MediaPixels(preprocessing, stored);

  test("of pictures, stored ones and videos, normalised by channel; a video's last frame stands in for those that it lacks", async () => {
    const { pixels } = await media.feeds([{ picture: grey(255) }, { stored: "a", version: 1 }, { frames: [grey(0), grey(255), grey(102)] }]);
    expect(pixels!.shape).toEqual([3, 3, 3, 2, 2]);
    const corner = [...(pixels!.data as Float32Array)].filter((_, i) => i % 4 === 0).map((value) => Math.round(100 * value) / 100);
    const of = (value: number): number[] => [value, 2 * value - 1, value].map((each) => Math.round(100 * each) / 100);
    expect(corner).toEqual([1, 1, 1, 0.2, 0.2, 0.2, 0, 1, 0.4].flatMap(of));
    expect((await media.feeds([]))["pixels"]).toMatchObject({ shape: [1, 1, 3, 2, 2], data: new Float32Array(12) });
  });

  test("cannot be had of what only features can be", async () => {
    await expect(media.feeds([{ picture: grey(0), evidence: new Float32Array(3) }])).rejects.toThrow(/what a classifier says .*freeze the vision encoder/);
    const blend = { stored: "a", version: 0, share: 0.5 };
    await expect(media.feeds([{ stored: "a", version: 0, blend }])).rejects.toThrow(/mixes the features of "a"/);
    await expect(new MediaPixels(preprocessing, undefined).feeds([{ stored: "a", version: 0 }])).rejects.toThrow(/names no pictures to be stored/);
  });
});
