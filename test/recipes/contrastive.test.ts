/** The recipe of coloured shapes, from its data to what comes out, as docs/contrastive.md describes it. */
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openPart } from "../../src/checkpoint/model-part.ts";
import { ContrastivePair } from "../../src/model/contrastive/contrastive-pair.ts";
import { countParameters } from "../../src/model/parameters.ts";
import { groupsByPath } from "../../src/nn/parameter-groups.ts";
import { learningRate } from "../../src/nn/schedule.ts";
import { parseContrastiveTrainingConfig } from "../../src/train/contrastive-config.ts";
import { runFlamingo } from "../cli/run-flamingo.ts";

const root = join(import.meta.dirname, "../..");
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-contrastive-"));
  await symlink(join(root, "recipes"), join(folder, "recipes"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const call = async (...args: readonly string[]): Promise<unknown> => {
  const { code, stdout, stderr } = await runFlamingo([...args, "--json"], { folder });
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
};
const recipe = "recipes/contrastive/shapes.ts";

test("20 steps lower the loss; what comes out is measured, opened again, and begins a Flamingo", { timeout: 600_000 }, async () => {
  expect(await call("data", "contrastive", "--set", "pairs=300")).toMatchObject({ pairs: 300 });
  const shorter = ["--set", "preprocessing.fit=crop", "--set", "train.steps=20", "--set", "data.0.rows=32", "--set", "train.microBatches=2"];
  const trained = (await call("train", recipe, ...shorter)) as {
    readonly parts: readonly string[];
    readonly evaluation: readonly {
      readonly benchmark: string;
      readonly measures: Readonly<Record<string, { readonly value: number; readonly count: number }>>;
    }[];
  };
  expect(trained.parts).toEqual(["vision.safetensors", "text.safetensors", "contrast.safetensors"]);
  const run = join(folder, "runs/contrastive-shapes");
  const losses = (await readFile(join(run, "events.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .flatMap((line) => (JSON.parse(line) as { losses?: { shapes: number } }).losses?.shapes ?? []);
  expect(losses.length).toBe(20);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(mean(losses.slice(-5))).toBeLessThan(0.8 * mean(losses.slice(0, 5)));

  // Measured when it was trained, and by command: the same figures.
  const [retrieval, classes] = trained.evaluation;
  expect(Object.keys(retrieval!.measures)).toEqual(["image to text", "text to image"].flatMap((way) => [1, 5, 10].map((k) => `${way} R@${k}`)));
  const { count } = retrieval!.measures["text to image R@10"]!;
  expect(retrieval!.measures["text to image R@10"]!.value).toBeGreaterThan(3 * (1000 / count));
  const again = (await call("evaluate", "--pair", run, "--benchmark", "pairs", "--data", "data/contrastive/held-out")) as typeof retrieval;
  expect(again!.measures).toEqual(retrieval!.measures);
  expect(Object.keys(classes!.measures)).toEqual(["top-1", "top-5"]);

  // A Flamingo that names the run has the encoder's config and how its pictures are made.
  for (const path of [run, join(run, "vision.safetensors")]) {
    const opened = await openPart("vision", path, {});
    expect(opened.config).toMatchObject({ kind: "nfnet", imageSize: 64, width: 128 });
    expect(opened.pixels).toMatchObject({ mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25], fit: "crop" });
    const weights = new Map<string, unknown>();
    for await (const [name, tensor] of opened.read(false)) weights.set(name, tensor);
    await opened.close();
    expect([...weights.keys()].every((name) => name.startsWith("vision."))).toBe(true);
    expect(weights.size).toBeGreaterThan(50);
  }
  const flamingo = {
    name: "after",
    stage: "flamingo",
    model: {
      resampler: { kind: "perceiver", width: 32, layers: 1, heads: 2, headDim: 16, latents: 4, frames: 1 },
      fusion: { kind: "gated-cross-attention-dense", heads: 2, headDim: 16 },
    },
    parts: { vision: run, language: join(root, "models/nano") },
    data: [{ kind: "folder", name: "shapes", paths: "data/contrastive/train", rows: 2, bucket: 1, shuffle: 1 }],
    optimiser: { learningRate: 0.001 },
    train: { steps: 1 },
  };
  await writeFile(join(folder, "after.json"), JSON.stringify(flamingo));
  expect(await call("train", "after.json")).toMatchObject({ finished: true, parts: ["resampler.safetensors", "fusion.safetensors"] });

  // A pair begins where another one stopped.
  const next = ["vision", "text", "contrast"].flatMap((part) => ["--set", `parts.${part}=${run}`]);
  const more = (await call("train", recipe, "--set", "name=more", "--set", "train.steps=1", "--set", "data.0.rows=32", "--set", "evaluation=[]", ...next)) as {
    readonly losses: { readonly shapes: number };
  };
  expect(more.losses.shapes).toBeLessThan(0.8 * losses[0]!);
});

test("what is wrong is said", { timeout: 120_000 }, async () => {
  const fails = async (args: readonly string[], code: number, message: RegExp): Promise<void> => {
    const result = await runFlamingo(args, { folder });
    expect(result.stderr).toMatch(message);
    expect(result.code).toBe(code);
  };
  await fails(["evaluate", "--pair", "nowhere", "--benchmark", "pairs", "--data", "."], 1, /nowhere has no pair\.json; name the folder of a finished run/);
  await fails(["evaluate", "--templates", "file"], 2, /--templates.*--pair/);
  await fails(["train", recipe, "--set", "name=one", "--set", "data.0.rows=1"], 2, /a pair is told from the others of its batch/);
  await fails(["train", recipe, "--set", "name=few", "--set", "model.text.vocabulary=300"], 2, /the tokenizer has 320 entries.*the text tower rows for 300/);
});

test("the paper's run has its encoder, its batch and its clipping", async () => {
  const { default: paper } = (await import("../../recipes/contrastive/paper.ts")) as { default: unknown };
  const config = parseContrastiveTrainingConfig(paper);
  const pair = new ContrastivePair(config.model, { mean: [0, 0, 0], deviation: [1, 1, 1] });
  const count = (part: string): number => countParameters([...pair.weights()].filter(([path]) => path.startsWith(`${part}.`)).map(([, weight]) => weight));
  // timm's F6 without its classifier; transformers' BertModel without pooling layer and kinds of sentences.
  expect(count("vision")).toBe(438_359_116 - 3_073_000);
  expect(count("text")).toBe(109_482_240 - 590_592 - 2 * 768);
  expect(config.model).toMatchObject({ width: 1376, labelSmoothing: 0.1 });
  expect(pair.vision.imageSize).toEqual([288, 288]);
  expect(config.data.map(({ rows }) => 512 * rows)).toEqual([16_384, 16_384]);
  const groupOf = groupsByPath(config.optimiser.groups, { weightDecay: 0 });
  expect(groupOf("vision.final.weight")).toMatchObject({ adaptiveClip: 0.01, clipNorm: undefined });
  expect(groupOf("text.embedding.weight")).toMatchObject({ adaptiveClip: undefined, clipNorm: 10 });
  expect([0, 600_000, 1_200_000].map((step) => learningRate(step, { ...config.optimiser, peak: 1e-3, steps: 1_200_000 }))).toEqual([1e-3, 5e-4, 0]);
});
