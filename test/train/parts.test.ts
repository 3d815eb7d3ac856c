/** What training begins with: a language model in blocks, parts as they are published, named by folder or file. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { convertModel, writableModel } from "../../src/checkpoint/converted-folder.ts";
import { loadModelFolder, openModelFolder } from "../../src/checkpoint/model-folder.ts";
import { openPart } from "../../src/checkpoint/model-part.ts";
import { NodeFolderWriter } from "../../src/checkpoint/platform/node-folder-writer.ts";
import { readSafetensors, writeSafetensors } from "../../src/checkpoint/safetensors.ts";
import { prepareTraining } from "../../src/cli/training-inputs.ts";
import { readParts, withPublishedParts } from "../../src/cli/training-parts.ts";
import { prepareTokenizer } from "../../src/cli/training-tokenizer.ts";
import { openTrainingVision, preprocessingOf } from "../../src/cli/training-vision.ts";
import { createRuntime, type HostTensor } from "../../src/runtime/runtime.ts";
import { runFolder } from "../../src/train/platform/node-run-files.ts";
import { train } from "../../src/train/run.ts";
import { parseTrainingConfig, type TrainingConfig } from "../../src/train/training-config.ts";

const fixtures = join(import.meta.dirname, "../fixtures");
const published = join(fixtures, "published");
const gguf = join(fixtures, "checkpoint/gguf/llama-quantised.gguf");

const recipe = {
  name: "small",
  model: {
    resampler: { kind: "perceiver", width: 16, layers: 1, heads: 2, headDim: 8, latents: 4, frames: 1 },
    fusion: { kind: "gated-cross-attention-dense", every: 1, heads: 2, headDim: 8 },
  },
  stage: "flamingo",
  data: [{ kind: "module", name: "captions", module: "./discs.ts", rows: 4 }],
  optimiser: { learningRate: 0.03 },
  train: { steps: 12, seed: 1 },
};
type Changes = Partial<Record<keyof TrainingConfig, unknown>>;

const completed = async (changes: Changes): Promise<TrainingConfig> => parseTrainingConfig(await withPublishedParts({ ...recipe, ...changes }));
/** The recipe's resampler and fusion layers, and what is stated of the other parts. */
const model = (stated: object): object => ({ ...recipe.model, ...stated });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-parts-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Trained {
  readonly losses: readonly number[];
  readonly initial: ReadonlyMap<string, HostTensor>;
  readonly trained: ReadonlyMap<string, HostTensor>;
}

/** What `flamingo train` does. */
async function trained(config: TrainingConfig, change: (initial: Map<string, HostTensor>) => void = () => {}): Promise<Trained> {
  const run = await mkdtemp(join(folder, "run-"));
  const runtime = await createRuntime({ device: "cpu", threads: 1, worker: false });
  const losses: number[] = [];
  try {
    const { sources, initial } = await prepareTraining(config, { folder: run, modules: import.meta.dirname }, runtime, () => {});
    change(initial as Map<string, HostTensor>);
    const events = train({ config, sources, initial, runtime, files: runFolder(run), resume: false });
    for (let result = await events.next(); ; result = await events.next()) {
      if (result.done === true) return { losses, initial, trained: result.value };
      if (result.value.type === "step") losses.push(result.value.losses["captions"]!);
    }
  } finally {
    await runtime.dispose();
  }
}

const bytesOf = (weights: ReadonlyMap<string, HostTensor>, part: string): number =>
  [...weights].reduce((sum, [path, { data }]) => sum + (path.startsWith(`${part}.`) ? data.byteLength : 0), 0);

describe("a frozen language model of 4 and 8 bits", () => {
  const parts = { vision: join(published, "vision-siglip"), language: gguf };

  test("is trained with in its blocks, which stay what they are", async () => {
    const config = await completed({ model: model({ language: { extraTokens: 3 } }), parts });
    let before = new Map<string, HostTensor>();
    const run = await trained(config, (initial) => {
      before = structuredClone(initial);
    });
    expect(run.losses.at(-1)).toBeLessThan(0.8 * run.losses[0]!);
    expect(run.initial).toEqual(before);
    expect(run.initial.get("language.embedding.weight.codes")).toMatchObject({ dtype: "uint8", shape: [260, 1, 32] });
    expect(run.initial.get("language.blocks.1.attention.query.weight.codes")).toMatchObject({ dtype: "uint8", shape: [32, 1, 16] });
    expect(run.initial.has("language.blocks.1.attention.query.weight.minimums")).toBe(true);
    expect(run.initial.has("language.blocks.1.attention.key.weight.minimums")).toBe(false);
    // Q5_0, with codes of 8 bits that stand for the same.
    expect(run.initial.get("language.blocks.1.feedForward.down.weight.codes")).toMatchObject({ dtype: "uint8", shape: [32, 2, 32] });
    expect([...run.trained.keys()].filter((path) => path.startsWith("language."))).toEqual(["language.extraEmbedding.weight"]);
  });

  test("gives the loss of its float32 values, to 8 bits of the activations", async () => {
    const config = await completed({ model: model({ language: { extraTokens: 3 } }), parts, train: { steps: 1, seed: 1 } });
    const [blocks, floats] = [await readParts(config), await readParts({ ...config, stage: "language" })];
    expect(floats.get("language.blocks.1.attention.query.weight")).toMatchObject({ dtype: "float32", shape: [32, 32] });
    expect(bytesOf(blocks, "language")).toBeLessThan(0.45 * bytesOf(floats, "language"));
    const asFloats = await trained(config, (initial) => {
      initial.clear();
      for (const [path, tensor] of floats) initial.set(path, tensor);
    });
    const [inBlocks] = (await trained(config)).losses;
    expect(Math.abs(inBlocks! / asFloats.losses[0]! - 1)).toBeLessThan(0.01);
  });

  test("is float32 where the config wants it, and stays frozen", async () => {
    const config = await completed({ model: model({ language: { extraTokens: 3 } }), parts, train: { steps: 1, seed: 1, blocks: false } });
    const weights = await readParts(config);
    expect(weights.get("language.blocks.1.attention.query.weight")).toMatchObject({ dtype: "float32", shape: [32, 32] });
    const { trained: changed } = await trained(config);
    expect([...changed.keys()].filter((path) => path.startsWith("language."))).toEqual(["language.extraEmbedding.weight"]);
  });

  test("is float32 where it is trained", async () => {
    const config = await completed({ model: model({ language: { extraTokens: 3 }, freeze: { language: false } }), parts, train: { steps: 1, seed: 1 } });
    const { trained: weights } = await trained(config);
    expect(weights.get("language.blocks.1.attention.query.weight")).toMatchObject({ dtype: "float32", shape: [32, 32] });
  });

  test("may come from a model folder that was converted", async () => {
    const converted = join(folder, "converted");
    await mkdir(converted);
    const formats = { vision: "float16", resampler: "float16", fusion: "float16", language: "int4" } as const;
    for await (const _ of convertModel(writableModel(await openModelFolder("nano")), formats, new NodeFolderWriter(converted)));
    const config = await completed({ parts: { vision: converted, language: converted } });
    expect(config.model.language).toEqual((await loadModelFolder("nano")).config.language);
    const weights = await readParts(config);
    expect(weights.get("language.blocks.0.attention.query.weight.codes")!.dtype).toBe("uint8");
    expect([...weights.keys()].every((path) => path.startsWith("language."))).toBe(true);
    const damaged = await readFile(join(converted, "language.safetensors"));
    damaged[damaged.length - 1]! ^= 1;
    await writeFile(join(converted, "language.safetensors"), damaged);
    await expect(readParts(config)).rejects.toThrow(/language\.safetensors: its sha256 is [0-9a-f]{64}, flamingo\.json expects/);
    const eyes = await openPart("vision", converted, {});
    await eyes.close();
    const { size: _, ...pixels } = (await loadModelFolder("nano")).preprocessing;
    expect(eyes.pixels).toEqual(pixels);
  });
});

test("a file of our own weights that holds more than the config has is refused by those names", async () => {
  const { config: nano } = await loadModelFolder("nano");
  const { tensors } = readSafetensors(await readFile("models/nano/language.safetensors"));
  const file = join(folder, "more.safetensors");
  const [, norm] = [...tensors].find(([path]) => path.endsWith("norm.scale"))!;
  await writeFile(file, writeSafetensors(new Map([...tensors, ["language.blocks.99.attention.queryNorm.scale", norm]])));
  const config = await completed({ model: model({ vision: nano.vision, language: nano.language }), parts: { language: file } });
  await expect(readParts(config)).rejects.toThrow(
    /more\.safetensors: its weights do not fit .*\n {2}language\.blocks\.99\.attention\.queryNorm\.scale \[\d+\] is nothing in the config$/,
  );
});

describe("pictures are fitted", () => {
  const language = join(published, "neox");
  test.each([
    ["as CLIP does, where the folder says nothing", { vision: join(published, "clip"), language }, {}, "crop"],
    ["as SigLIP does", { vision: join(published, "vision-siglip"), language }, {}, "squash"],
    ["as a model folder says", { vision: join(published, "openflamingo-mpt"), language }, {}, "crop"],
    ["as the config says, whatever the folder does", { vision: join(published, "clip"), language }, { fit: "pad" }, "pad"],
  ])("%s", async (_, parts, preprocessing, fit) => {
    const runtime = await createRuntime({ device: "cpu", threads: 1, worker: false });
    const config = await completed({ model: model({ language: { extraTokens: 3 } }), parts, preprocessing });
    expect((await openTrainingVision(config, runtime)).preprocessing.fit).toBe(fit);
    await runtime.dispose();
  });

  test("onto a background where nothing says it", async () => {
    const { config: nano } = await loadModelFolder("nano");
    const parts = { vision: "models/nano/vision.safetensors", language };
    const config = await completed({ model: model({ vision: nano.vision, language: { extraTokens: 3 } }), parts });
    expect(preprocessingOf(config, { mean: [0, 0, 0], deviation: [1, 1, 1] }, [8, 8]).fit).toBe("pad");
  });
});

describe("published parts", () => {
  test("are joined by config alone, and frozen", async () => {
    const parts = { vision: join(published, "clip"), language: join(published, "neox") };
    const config = await completed({ model: model({ vision: { classToken: true }, language: { extraTokens: 2 } }), parts });
    expect(config.model.vision).toMatchObject({ kind: "clip-vit", imageSize: 28, classToken: true });
    expect(config.model.language).toMatchObject({ vocabulary: 136, residual: "sequential" });
    const { losses, trained: weights } = await trained(config);
    expect(losses.at(-1)).toBeLessThan(0.8 * losses[0]!);
    // The vocabulary has rows that the tokenizer has no entries for, and padding; the two other markers come after all of them.
    expect([...weights].filter(([path]) => /^(vision|language)\./.test(path)).map(([path, { shape }]) => [path, shape])).toEqual([
      ["language.extraEmbedding.weight", [2, 24]],
      ["language.extraHead.weight", [2, 24]],
    ]);
  });

  test("come in shards, and in open_clip's PyTorch file", async () => {
    const sharded = join(folder, "sharded");
    await mkdir(sharded);
    const { tensors } = readSafetensors(await readFile(join(published, "neox/model.safetensors")));
    const shards = Map.groupBy(tensors, ([name]) => `model-0000${name.includes(".layers.") ? 1 : 2}-of-00002.safetensors`);
    for (const [file, held] of shards) await writeFile(join(sharded, file), writeSafetensors(new Map(held)));
    const places = [...shards].flatMap(([file, held]) => held.map(([name]) => [name, file] as const));
    await writeFile(join(sharded, "model.safetensors.index.json"), JSON.stringify({ metadata: {}, weight_map: Object.fromEntries(places) }));
    await cp(join(published, "neox/config.json"), join(sharded, "config.json"));
    const openClip = join(folder, "open_clip");
    await cp(join(published, "clip/open_clip_pytorch_model.pt"), join(openClip, "open_clip_pytorch_model.bin"));
    const tower = { image_size: 28, patch_size: 14, width: 16, layers: 2, head_width: 8 };
    await writeFile(
      join(openClip, "open_clip_config.json"),
      JSON.stringify({ model_cfg: { quick_gelu: true, vision_cfg: tower }, preprocess_cfg: { mean: [0.5, 0.5, 0.5] } }),
    );
    const weightsOf = async (part: "vision" | "language", path: string): Promise<Map<string, HostTensor>> => {
      const opened = await openPart(part, path, {});
      const weights = new Map<string, HostTensor>();
      for await (const [name, tensor] of opened.read(true)) weights.set(name, tensor);
      await opened.close();
      return weights;
    };
    expect(await weightsOf("language", sharded)).toEqual(await weightsOf("language", join(published, "neox")));
    expect(await weightsOf("vision", openClip)).toEqual(await weightsOf("vision", join(published, "clip/model.safetensors")));
    const opened = await openPart("vision", openClip, {});
    expect(opened.pixels).toMatchObject({ mean: [0.5, 0.5, 0.5], deviation: [0.26862954, 0.26130258, 0.27577711] });
    await opened.close();
  });

  test("may be those of a whole published model, with its tokens in their places", async () => {
    const whole = join(published, "openflamingo-mpt");
    const parts = { vision: whole, resampler: whole, fusion: whole, language: whole };
    const markers = { image: "<image>", endOfChunk: "<|endofchunk|>", padding: "<PAD>" };
    const config = await completed({ model: {}, parts, markers });
    const { weights, config: loaded } = await loadModelFolder(whole);
    expect(config.model).toEqual(loaded);
    expect(await readParts(config)).toEqual(new Map([...weights].filter(([path]) => !path.startsWith("vision."))));
    const tokenizer = await prepareTokenizer(config, folder, [], () => {});
    const own = (await loadModelFolder(whole)).tokenizer;
    expect(Object.values(markers).map((marker) => tokenizer.special(marker))).toEqual(Object.values(markers).map((marker) => own.special(marker)));
  });

  const language = join(published, "neox");
  const vision = join(published, "clip");
  test.each([
    ["a language model as the vision encoder", { parts: { vision: language } }, /neox\/config\.json: vision towers of type "gpt_neox" are not supported/],
    ["a vision encoder as the language model", { parts: { language: vision } }, /clip\/config\.json: language models of type "clip" are not supported/],
    ["no weights", { parts: { language: fixtures } }, /fixtures\/ has no flamingo\.json and no weights under a name that is known/],
    ["no description", { parts: { vision: join(published, "vision-nfnet") } }, /what describes them, .*vision-nfnet\/config\.json, is missing/],
    ["nothing at all", { parts: { language: "runs/none/language.safetensors" } }, /"parts\.language" is runs\/none\/.*not there; train the stage/],
    ["our own weights of another part", { parts: { language: "models/nano/vision.safetensors" } }, /holds no weights of the part "language"/],
    ["a published part where none can be", { parts: { resampler: vision } }, /published by themselves are only vision encoders and language models/],
  ])("are refused with %s", async (_, changes, message) => {
    await expect(completed(changes)).rejects.toThrow(message);
  });

  test.each([
    ["vision", { width: 32 }, /clip: it holds another vision encoder than the config's:\n {2}width is 16 in the file, 32 in the config$/],
    ["vision", { kind: "siglip-vit", patches: 7 }, /:\n {2}kind is "clip-vit" in the file, "siglip-vit" in the config$/],
    [
      "language",
      { blocks: 3, heads: 4, maxTokens: 32 },
      /another language model.*\n {2}blocks is 4 in the file, 3 in the config\n {2}heads is 3 in the file, 4 in the config$/,
    ],
    [
      "language",
      { maxTokens: 65, positions: { share: 0.5 } },
      /\n {2}maxTokens is 64 in the file, 65 .*\n {2}positions\.share is 1 in the file, 0\.5 in the config$/,
    ],
  ])("are held against what the config says of the %s part", async (part, stated, message) => {
    await expect(completed({ model: model({ [part]: stated }), parts: { vision, language } })).rejects.toThrow(message);
    expect(
      (await completed({ model: model({ language: { positions: { kind: "rotary" } } }), parts: { vision, language } })).model.language.positions,
    ).toMatchObject({ share: 1 });
  });

  test.each([
    ["frozen", {}],
    ["trained", { vision: false }],
  ])("are shown larger pictures than a tower was trained with, %s", async (_, freeze) => {
    const parts = { vision, language };
    const config = await completed({
      model: { ...model({ language: { extraTokens: 3 }, vision: { imageSize: 56 } }), freeze },
      parts,
      train: { steps: 2, seed: 1 },
    });
    const run = await trained(config);
    expect(run.losses).toHaveLength(2);
    if (config.model.freeze.vision) return;
    // 16 patches and a class token, of 4 and a class token.
    expect(run.initial.get("vision.positions")!.shape).toEqual([17, 16]);
    expect(run.trained.get("vision.positions")!.shape).toEqual([17, 16]);
  });

  test("need rows for the markers, and a tokenizer", async () => {
    const prepared = async (changes: Changes): Promise<unknown> => prepareTokenizer(await completed(changes), folder, [], () => {});
    await expect(prepared({ parts: { vision, language } })).rejects.toThrow(/138 entries.*it takes "model\.language\.extraTokens": 2/);
    await expect(prepared({ parts: { vision, language: join(published, "language-opt") } })).rejects.toThrow(/language-opt\/tokenizer\.json cannot be read/);
    const { config } = await loadModelFolder("nano");
    await expect(prepared({ model: config, parts: { language: "models/nano/language.safetensors" } })).rejects.toThrow(
      /none comes with models\/nano\/language/,
    );
  });
});
