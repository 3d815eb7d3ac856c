/** Towers in the files of transformers 5 and timm against what those compute with them, block by block, and their pictures against what their processors make of them. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { openPart } from "../../src/checkpoint/model-part.ts";
import { publishedVision } from "../../src/checkpoint/published/vision-config.ts";
import { tensorsOf } from "../../src/checkpoint/published/weight-map.ts";
import { timmVitWeights } from "../../src/checkpoint/published/timm-vit.ts";
import type { StoredWeight } from "../../src/checkpoint/weight-file.ts";
import { openWeightsAt } from "../../src/checkpoint/weights.ts";
import { fitPositions } from "../../src/cli/training-parts.ts";
import { preprocessingOf } from "../../src/cli/training-vision.ts";
import { loadPicture } from "../../src/data/image.ts";
import { preprocess } from "../../src/data/preprocessing.ts";
import { createVisionEncoder, type VisionConfig, visionConfig } from "../../src/model/vision/vision.ts";
import { Scope } from "../../src/nn/scope.ts";
import mobile from "../fixtures/vision/timm-mobile.json" with { type: "json" };
import vits from "../fixtures/vision/timm-vits.json" with { type: "json" };
import { measured } from "./measured.ts";
import { fixtures, pictures, readJson, readReference, relativeDifference } from "./published-model.ts";
import { towerStages, type Weights } from "./tower-stages.ts";

/** float32 with other kernels: only the order of sums differs. */
const tolerance = 1e-5;

/** Of networks of up to 160 convolutions, whose batch norms are folded into them here. */
const deepTolerance = 1e-4;

async function published(name: string): Promise<Weights> {
  const opened = await openWeightsAt(join(fixtures, name, "model.safetensors"));
  afterAll(() => opened.close());
  return opened.file.weights;
}

const processed = async (config: Parameters<typeof preprocessingOf>[1], size: readonly [number, number]): Promise<Float32Array> => {
  const preprocessing = preprocessingOf({ parts: {}, preprocessing: {} }, config, size);
  const made = await Promise.all(pictures.map(async (path) => preprocess(await loadPicture(path), preprocessing)));
  return Float32Array.from(made.flatMap((each) => [...each]));
};

function differences(found: Record<string, Float32Array>, expected: Record<string, Float32Array>, what: string): void {
  for (const [stage, values] of Object.entries(expected)) expect(measured(what, relativeDifference(found[stage]!, values)), stage).toBeLessThan(tolerance);
}

describe.each(["siglip2", "dinov2", "dinov2-gated", "dinov2-registers"])("a folder of transformers: %s", async (kind) => {
  const name = `vision-${kind}`;
  const { pixels, ...stages } = (await readReference(name)).tensors as { pixels: Float32Array } & Record<string, Float32Array>;
  const part = await openPart("vision", join(fixtures, name), {});
  await part.close();
  const shown = visionConfig.parse(part.config);

  test("is shown the pixels that its processor makes", async () => {
    const { imageSize } = createVisionEncoder(new Scope(), shown);
    expect(relativeDifference(await processed(part.pixels, imageSize), pixels)).toBeLessThan(1e-6);
  });

  const weights = await published(name);

  test("gives what transformers gives, block by block", async () => {
    const described = publishedVision(await readJson(`${name}/config.json`), name, {}, weights);
    const found = await towerStages(described, weights, pixels, { shown, fit: (values) => fitPositions(shown, values) });
    expect(Object.keys(stages).sort()).toEqual(Object.keys(found).sort());
    differences(found, stages, name);
  });
});

describe.each(["plain", "registers", "clip", "siglip"])("a transformer of timm: %s", async (kind) => {
  const name = `vision-timm-${kind}`;
  const weights = await published(name);

  test("gives what timm gives, block by block, below the names that open_clip gives it", async () => {
    const { pixels, ...stages } = (await readReference(name)).tensors as { pixels: Float32Array } & Record<string, Float32Array>;
    const { config: said } = (await readJson(`${name}/reference.json`)) as { config: object };
    const config = visionConfig.parse({ imageSize: 28, patchSize: 7, width: 16, layers: 2, heads: 2, hidden: 24, ...said });
    const found = await towerStages({ config, weights: timmVitWeights(config, "visual.trunk.") }, weights, pixels);
    differences(found, stages, name);
  });
});

/** Names in the file of a tower, as its map has them. */
function namesOf(config: VisionConfig, json: unknown): string[] {
  const scope = new Scope();
  createVisionEncoder(scope.child("vision"), config);
  const { weights } = publishedVision(json, "x", "classes" in config && config.classes > 0 ? { classes: config.classes } : {});
  return [...new Set([...scope.parameters().keys()].flatMap((path) => tensorsOf(weights.origins.get(path)!)))];
}

test.each(Object.entries(vits))("%s has the numbers and the names that it has in timm", (architecture, expected) => {
  const json = { architecture };
  const { config } = publishedVision(json, "x", { finalNorm: true });
  if (config.kind !== "vit" && config.kind !== "siglip-vit" && config.kind !== "clip-vit") throw new Error(`${architecture} became ${config.kind}`);
  const acts = { "GELU(approximate='none')": "gelu", "GELUTanh()": "geluTanh", "QuickGELU()": "quickGelu", "SiLU()": "swiGlu" };
  expect(config).toMatchObject({
    imageSize: expected.imageSize,
    patchSize: expected.patchSize,
    width: expected.width,
    layers: expected.layers,
    heads: expected.heads,
    hidden: expected.hidden,
    activation: acts[expected.activation as keyof typeof acts],
    normEpsilon: expected.epsilon,
  });
  const own = { registers: 0, layerScale: false, gathering: config.kind === "siglip-vit" ? "none" : "placed", ...config };
  const place = expected.unplaced ? "unplaced" : "placed";
  expect(own).toMatchObject({ registers: expected.registers, layerScale: expected.layerScale, gathering: expected.classToken ? place : "none" });
  expect(config.kind === "clip-vit").toBe(expected.inputNorm);
  expect(crc32(namesOf(config, json).sort().join("\n"))).toBe(expected.names);
});

/** As tools/reference/vision_towers.py makes them. */
function hashed(name: string, count: number): Float32Array {
  const first = crc32(name);
  return Float32Array.from({ length: count }, (_, i) => {
    let x = (first + i) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b) >>> 0;
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35) >>> 0;
    return ((x ^ (x >>> 16)) >>> 0) / 2 ** 31 - 1;
  });
}

/** The same weights as in the reference: a function of their names. */
function filled(name: string, shape: readonly number[]): StoredWeight {
  const count = shape.reduce((product, size) => product * size, 1);
  const factor = Math.sqrt(6 / (count / shape[0]!)) * (name === "classifier.weight" ? 0.1 : 1);
  const data = hashed(name, count).map((value) => {
    if (shape.length > 1) return Math.fround(value * factor);
    if (name.endsWith("running_var")) return 1 + 0.5 * value;
    return 0.2 * value + (name.endsWith("weight") ? 1 : 0);
  });
  return { storedAs: "float32", shape, bytes: 4 * count, load: () => Promise.resolve({ dtype: "float32", shape, data }) };
}

describe.each(Object.entries(mobile))("%s in its real size", (architecture, { config: json, size, parameters, names, stages }) => {
  const { config: whole } = publishedVision(json, "x", { features: ["head"], classes: 1000 });
  const config = visionConfig.parse({ ...whole, imageSize: size });
  const { weights } = publishedVision({ ...json, pretrained_cfg: { ...json.pretrained_cfg, input_size: [3, size, size] } }, "x", {
    features: ["head"],
    classes: 1000,
  });
  const tensors = new Map<string, StoredWeight>();
  const scope = new Scope();
  createVisionEncoder(scope.child("vision"), config);
  for (const [path, { shape }] of scope.parameters()) {
    const [from, ...others] = tensorsOf(weights.origins.get(path)!) as [string, ...string[]];
    tensors.set(from, filled(from, shape as readonly number[]));
    for (const other of others) tensors.set(other, filled(other, [Number(shape[0])]));
  }

  test("has the names and as many parameters as in timm", () => {
    const counts = [...tensors.keys()].flatMap((name) => (name.endsWith("running_var") ? [name.replace("running_var", "num_batches_tracked")] : []));
    expect(crc32([...tensors.keys(), ...counts].sort().join("\n"))).toBe(names);
    const learnt = [...tensors].filter(([name]) => !name.includes(".running_"));
    expect(learnt.reduce((sum, [, { bytes }]) => sum + bytes / 4, 0)).toBe(parameters);
  });

  test("gives what timm gives, block by block, and says of its classes what timm's classifier says", async () => {
    const { features, ...blocks } = (await towerStages({ config, weights }, tensors, hashed("pixels", 3 * size * size))) as { features: Float32Array } & Record<
      string,
      Float32Array
    >;
    const { width, grid } = createVisionEncoder(new Scope(), config);
    const places = grid.rows * grid.columns;
    // Ours has positions before channels, theirs after.
    const head = Float32Array.from({ length: places * width }, (_, i) => features[(i % places) * width + Math.floor(i / places)]!);
    const found: Record<string, Float32Array> = { ...blocks, head, probabilities: features.subarray(places * width, places * width + 1000) };
    expect(Object.keys(found).sort()).toEqual(Object.keys(stages).sort());
    for (const [stage, { count, largest, every, values }] of Object.entries(stages)) {
      expect(found[stage], stage).toHaveLength(count);
      const difference = Math.max(...values.map((value, i) => Math.abs(value - found[stage]![i * every]!)));
      expect(measured(`timm-${architecture}`, difference / largest), stage).toBeLessThan(deepTolerance);
    }
  });
});

test.each(["centre", "bilinear", "squash"])("pictures become what timm makes of them: %s", async (kind) => {
  const { tensors, reference } = await readReference("vision-timm-pixels");
  const { pixels } = publishedVision((reference as unknown as Record<string, unknown>)[kind], "x");
  expect(relativeDifference(await processed(pixels, [32, 32]), tensors[kind]!)).toBeLessThan(1e-6);
});

test("what a Flamingo begins with is read whole from such a folder, and every tensor is accounted for", async () => {
  const part = await openPart("vision", join(fixtures, "vision-dinov2-registers"), { classToken: true });
  const read = new Map<string, unknown>();
  for await (const [path] of part.read(false)) read.set(path, path);
  await part.close();
  expect(part.config).toMatchObject({ kind: "vit", imageSize: 28, registers: 3, classToken: true });
  expect(read.has("vision.registers") && read.has("vision.layers.1.feedForwardScale")).toBe(true);
  expect(await readFile(part.files[0]!)).toBeDefined();
});
