/** Every tensor of a published file is accounted for: what the authors' libraries write is used or known to be harmless; anything else is an error. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { CheckpointError } from "../../src/checkpoint/errors.ts";
import { loadModelFolder } from "../../src/checkpoint/model-folder.ts";
import { openPart } from "../../src/checkpoint/model-part.ts";
import { shapesOf } from "../../src/checkpoint/opened-model.ts";
import { ggufLanguage, readGgufLanguage } from "../../src/checkpoint/published/gguf/language.ts";
import { idefics } from "../../src/checkpoint/published/idefics.ts";
import { timmNfnetWeights } from "../../src/checkpoint/published/timm-nfnet.ts";
import { openFlamingo, openFlamingoTensors } from "../../src/checkpoint/published/openflamingo.ts";
import { publishedLanguage } from "../../src/checkpoint/published/published-language.ts";
import { publishedVision } from "../../src/checkpoint/published/vision-config.ts";
import { checkMap, type ExpectedShapes, harmlessAs, type WeightMap } from "../../src/checkpoint/published/weight-map.ts";
import { readSafetensors, type StoredTensor, writeSafetensors } from "../../src/checkpoint/safetensors.ts";
import type { StoredWeight, WeightFile } from "../../src/checkpoint/weight-file.ts";
import { openWeights, openWeightsAt } from "../../src/checkpoint/weights.ts";
import { Flamingo } from "../../src/model/flamingo.ts";
import { LanguageModel } from "../../src/model/language/language-model.ts";
import { nfnetConfig } from "../../src/model/vision/nfnet.ts";
import { createVisionEncoder } from "../../src/model/vision/vision.ts";
import { Scope } from "../../src/nn/scope.ts";
import { fixtures, readJson } from "../parity/published-model.ts";
import { memorySource } from "./memory-source.ts";

type Shapes = Readonly<Record<string, readonly number[]>>;

const headers = (tensors: Shapes): ReadonlyMap<string, StoredWeight> =>
  new Map(
    Object.entries(tensors).map(([name, shape]) => [name, { storedAs: "float32", shape, bytes: 0, load: () => Promise.reject(new Error("only headers")) }]),
  );

const declaredBy = (declare: (scope: Scope) => unknown): ExpectedShapes => {
  const scope = new Scope();
  declare(scope);
  return new Map([...scope.parameters()].map(([path, { shape }]) => [path, shape as readonly number[]]));
};

interface Understood {
  readonly weights: WeightMap;
  readonly expected: ExpectedShapes;
  readonly published: ReadonlyMap<string, StoredWeight>;
}

interface Written {
  readonly config: object;
  readonly tensors: Shapes | Readonly<Record<"checkpoint" | "language" | "vision", Shapes>>;
}

function understood(kind: string, { config: json, tensors }: Written): Understood {
  if (kind === "openflamingo") {
    const { checkpoint, language, vision } = tensors as Readonly<Record<"checkpoint" | "language" | "vision", Shapes>>;
    const published = openFlamingoTensors({ checkpoint: headers(checkpoint), language: headers(language), vision: headers(vision) });
    const tower = { kind: "clip-vit", imageSize: 28, patchSize: 14, width: 16, layers: 2, heads: 2 } as const;
    const { config, weights } = openFlamingo(published, { languageConfig: json, vision: tower, headDim: 8 }, "x");
    return { weights, expected: shapesOf(new Flamingo(config)), published };
  }
  const published = headers(tensors as Shapes);
  if (kind === "model") {
    const { config, weights } = idefics(json, "x");
    return { weights, expected: shapesOf(new Flamingo(config)), published };
  }
  if (kind === "language") {
    const { config, weights } = publishedLanguage(json, published, "x");
    return { weights, expected: declaredBy((scope) => new LanguageModel(scope.child("language"), config)), published };
  }
  const { config, weights } =
    kind === "nfnet" ? { config: nfnetConfig.parse(json), weights: timmNfnetWeights(nfnetConfig.parse(json)) } : publishedVision(json, "x", {}, published);
  return { weights, expected: declaredBy((scope) => createVisionEncoder(scope.child("vision"), config)), published };
}

describe("what the authors' libraries write is used or harmless, and nothing of it is missing", async () => {
  const versions = (await readJson("state-dict-names.json")) as Readonly<Record<string, Readonly<Record<string, Written>>>>;
  const models = Object.entries(versions).flatMap(([version, found]) => Object.entries(found).map(([model, written]) => ({ version, model, written })));

  test.each(models)("$version: $model", ({ model, written }) => {
    const { weights, expected, published } = understood(model.slice(0, model.indexOf("/")), written);
    checkMap(weights, published, expected, "x");
    // And one more of its kind is not.
    const more = new Map(published).set("another.weight", published.values().next().value!);
    expect(() => checkMap(weights, more, expected, "x")).toThrow(/\n {2}another\.weight float32 \[.*\]\n/);
  });

  test("of which these are left out", () => {
    const found = models.flatMap(({ model, written }) => {
      const { weights, expected, published } = understood(model.slice(0, model.indexOf("/")), written);
      const used = new Set([...expected.keys()].map((path) => weights.origins.get(path)!.from));
      return [...published].flatMap(([name, { shape }]) => (used.has(name) ? [] : [harmlessAs(weights, name, shape)!.what]));
    });
    expect([...new Set(found)].sort()).toEqual([
      "a frozen weight instead of which the checkpoint has its own",
      "a layer under another name",
      "the causal mask",
      "the frequencies of rotary positions",
      "the head of a classifier",
      "the head that the config ties to the embedding",
      "the norm after the layers, before which features are taken",
      "the numbers of the positions",
      "the pooling head, which makes one vector of all patches",
      "the projection to where pictures and texts meet",
      "the score of what the mask hides",
      "the text tower",
      "what compares pictures with texts",
    ]);
  });
});

const values = (shape: readonly number[], value: number | ((i: number) => number) = 0.5): StoredTensor => {
  const count = shape.reduce((product, size) => product * size, 1);
  return { dtype: "float32", shape, data: Float32Array.from({ length: count }, (_, i) => (typeof value === "number" ? value : value(i))) };
};

type Added = Readonly<Record<string, StoredTensor>>;

/** A copy of a fixture with more tensors in one of its files, perhaps fewer and others' names; the file may be one of PyTorch: formats are told apart by their content. */
async function withTensors(name: string, file: string, added: Added, renamed: (tensor: string) => string | undefined = (tensor) => tensor): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "flamingo-tensors-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await cp(join(fixtures, name), folder, { recursive: true, dereference: true });
  const opened = await openWeightsAt(join(folder, file));
  const held = new Map<string, StoredTensor>();
  for (const [tensor, weight] of opened.file.weights) {
    const other = renamed(tensor);
    if (other !== undefined) held.set(other, await weight.load());
  }
  await opened.close();
  for (const [tensor, value] of Object.entries(added)) held.set(tensor, value);
  const bytes = writeSafetensors(held);
  await writeFile(join(folder, file), bytes);
  const description = join(folder, "flamingo.json");
  try {
    const json = JSON.parse(await readFile(description, "utf8")) as { parts: Record<string, { files: { file: string; bytes: number }[] }> };
    for (const { files } of Object.values(json.parts)) for (const each of files) if (each.file === file) each.bytes = bytes.length;
    await writeFile(description, JSON.stringify(json));
  } catch {
    // A part by itself has none.
  }
  return folder;
}

async function readPart(part: "language" | "vision", path: string): Promise<number> {
  const opened = await openPart(part, path, {});
  try {
    let count = 0;
    for await (const _ of opened.read(false)) count++;
    return count;
  } finally {
    await opened.close();
  }
}

async function refuses(reading: Promise<unknown>, ...tensors: readonly string[]): Promise<void> {
  const error: unknown = await reading.then(
    () => new Error("it was read"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CheckpointError);
  for (const tensor of tensors) expect((error as Error).message).toContain(tensor);
}

const square = (size: number, visible: (row: number, column: number) => boolean): StoredTensor =>
  values([1, 1, size, size], (i) => Number(visible(Math.floor(i / size), i % size)));
const causal = square(4, (row, column) => column <= row);
const turning = (channels: number, base: number): StoredTensor => values([channels / 2], (i) => base ** ((-2 * i) / channels));

describe.each([
  ["language-llama", "model.layers.0.self_attn.q_proj.bias", "model.layers.0.self_attn.q_norm.weight", "model.layers.2.input_layernorm.weight"],
  ["language-llama-tied", "model.layers.1.mlp.up_proj.bias", "model.layers.0.self_attn.rotary_emb.cos_cached", "lm_head.bias"],
  ["language-mistral", "model.layers.0.self_attn.o_proj.bias", "model.layers.0.block_sparse_moe.gate.weight", "model.rotary_emb.inv_freq"],
  ["language-opt", "model.decoder.project_in.weight", "model.decoder.layers.0.attention_scale", "model.decoder.layers.2.fc1.weight"],
  ["language-gpt2-base", "h.0.crossattention.c_attn.weight", "h.0.attn.ls_1.gamma", "h.2.ln_1.weight"],
  ["language-pythia", "gpt_neox.layers.0.attention.q_norm.weight", "gpt_neox.layers.2.attention.dense.weight", "embed_out.bias"],
  ["mpt", "transformer.blocks.0.attn.Wqkv.bias", "transformer.blocks.0.attn.q_ln.weight", "transformer.wpe.weight"],
  ["mosaic-gpt", "transformer.blocks.0.attn.out_proj.bias", "transformer.blocks.0.ln_1.bias", "transformer.blocks.2.ln_1.weight"],
])("%s", (name, ...unknown) => {
  test("is read as it is", async () => {
    expect(await readPart("language", join(fixtures, name))).toBeGreaterThan(10);
  });

  test.each(unknown)("with %s it is refused by that name", async (tensor) => {
    await refuses(readPart("language", await withTensors(name, "model.safetensors", { [tensor]: values([4]) })), tensor, "float32 [4]");
  });
});

test("more than ten are cut at ten, with the count of the rest", async () => {
  const many = Object.fromEntries(Array.from({ length: 13 }, (_, i) => [`model.layers.${i + 2}.self_attn.q_proj.weight`, values([2, 2])]));
  const reading = readPart("language", await withTensors("language-llama", "model.safetensors", many));
  await expect(reading).rejects.toThrow(
    /does not use, so that answers would not be those of its authors:\n( {2}model\.layers\.\d+\.\S+ float32 \[2, 2\]\n){10} {2}and 3 more\n/,
  );
});

test.each<[string, string, Added]>([
  ["old LLaMA's frequencies", "language-llama", { "model.layers.0.self_attn.rotary_emb.inv_freq": turning(6, 500) }],
  [
    "the same, rounded to bfloat16",
    "language-llama",
    { "model.layers.1.self_attn.rotary_emb.inv_freq": { dtype: "bfloat16", shape: [3], data: Uint16Array.of(0x3f80, 0x3e01, 0x3c82) } },
  ],
  ["old Pythia's masks", "language-pythia", { "gpt_neox.layers.0.attention.bias": causal, "gpt_neox.layers.0.attention.masked_bias": values([], -1e9) }],
  ["a mask's score rounded to bfloat16", "language-gpt2-base", { "h.0.attn.masked_bias": { dtype: "bfloat16", shape: [], data: Uint16Array.of(0xc61c) } }],
  [
    "a mask's score beyond float16",
    "language-pythia",
    { "gpt_neox.layers.1.attention.masked_bias": { dtype: "float16", shape: [], data: Uint16Array.of(0xfc00) } },
  ],
  ["fairseq's version", "language-opt", { "model.decoder.version": values([1], 3) }],
  ["old GPT-2's masks", "language-gpt2-base", { "h.0.attn.bias": causal, "h.1.attn.masked_bias": values([], -1e4) }],
])("%s change nothing", async (_, name, added) => {
  expect(await readPart("language", await withTensors(name, "model.safetensors", added))).toBe(await readPart("language", join(fixtures, name)));
});

test.each<[string, string, Added]>([
  ["frequencies of another base", "language-llama", { "model.layers.0.self_attn.rotary_emb.inv_freq": turning(6, 10_000) }],
  ["frequencies of more channels", "language-llama", { "model.layers.0.self_attn.rotary_emb.inv_freq": turning(12, 500) }],
  ["a mask that is not causal", "language-gpt2-base", { "h.0.attn.bias": square(4, () => true) }],
  ["a bias in the place of the mask", "language-gpt2-base", { "h.0.attn.bias": values([24]) }],
  ["a mask that hides nothing", "language-pythia", { "gpt_neox.layers.0.attention.masked_bias": values([], 0) }],
])("%s is refused", async (_, name, added) => {
  await refuses(readPart("language", await withTensors(name, "model.safetensors", added)), ...Object.keys(added));
});

describe("a head beside a config that ties it to the embedding", async () => {
  const { tensors } = readSafetensors(await readFile(join(fixtures, "language-llama-tied/model.safetensors")));
  const embedding = tensors.get("model.embed_tokens.weight")!;

  test("is left out when it holds the same", async () => {
    expect(await readPart("language", await withTensors("language-llama-tied", "model.safetensors", { "lm_head.weight": embedding }))).toBeGreaterThan(10);
  });

  test("is refused when it holds anything else", async () => {
    const data = Uint16Array.from(embedding.data as Uint16Array);
    data[data.length - 1]! ^= 1;
    await refuses(
      readPart("language", await withTensors("language-llama-tied", "model.safetensors", { "lm_head.weight": { ...embedding, data } })),
      "lm_head.weight, the head that the config ties to the embedding, holds other values than model.embed_tokens.weight",
    );
    await refuses(readPart("language", await withTensors("language-llama-tied", "model.safetensors", { "lm_head.weight": values([3, 4]) })), "lm_head.weight");
  });
});

describe("vision towers", () => {
  test.each([
    ["vision-siglip", "vision_model.encoder.layers.0.ls1.gamma"],
    ["vision-siglip", "vision_model.encoder.layers.2.mlp.fc1.weight"],
    ["vision-siglip", "vision_model.head.attention.q_norm.weight"],
    ["vision-siglip-alone", "encoder.layers.2.mlp.fc1.weight"],
    ["vision-siglip-alone", "vision_model.post_layernorm.weight"],
    ["vision-clip-alone", "embeddings.patch_embedding.bias"],
    ["clip", "vision_model.embeddings.patch_embedding.bias"],
    ["clip", "vision_model.encoder.layers.1.self_attn.q_norm.weight"],
  ])("%s with %s is refused by that name", async (name, tensor) => {
    const more = await withTensors(name, "model.safetensors", { [tensor]: values([4]) });
    expect(await readPart("vision", join(fixtures, name))).toBeGreaterThan(10);
    await refuses(readPart("vision", more), tensor);
  });

  test("CLIP's numbers of positions must be those", async () => {
    const ids = (...data: readonly bigint[]): Added => ({
      "vision_model.embeddings.position_ids": { dtype: "int64", shape: [1, data.length], data: BigInt64Array.from(data) },
    });
    expect(await readPart("vision", await withTensors("clip", "model.safetensors", ids(0n, 1n, 2n)))).toBe(await readPart("vision", join(fixtures, "clip")));
    await refuses(readPart("vision", await withTensors("clip", "model.safetensors", ids(0n, 2n, 1n))), "position_ids");
  });

  test("layer scale of open_clip and a norm of timm's NFNet are refused", async () => {
    const json = { model_cfg: { vision_cfg: { image_size: 28, patch_size: 14, width: 16, layers: 2, head_width: 8 } } };
    const { weights: clip } = await openWeights(memorySource(await readFile(join(fixtures, "clip/open_clip_pytorch_model.pt")), "clip"));
    const { config, weights } = publishedVision(json, "x");
    const expected = declaredBy((scope) => createVisionEncoder(scope.child("vision"), config));
    checkMap(weights, clip, expected, "x");
    const gamma = "visual.transformer.resblocks.0.ls_1.gamma";
    expect(() => checkMap(weights, new Map(clip).set(gamma, clip.get("visual.ln_post.bias")!), expected, "x")).toThrow(gamma);
    const { config: nfnet, tensors } = ((await readJson("state-dict-names.json")) as Record<string, Record<string, Written>>)["transformers 5.24.0"]![
      "nfnet/timm"
    ]!;
    const found = understood("nfnet", { config: nfnet, tensors: { ...(tensors as Shapes), "stages.0.0.norm1.weight": [16] } });
    expect(() => checkMap(found.weights, found.published, found.expected, "x")).toThrow("stages.0.0.norm1.weight");
  });
});

describe("GGUF", async () => {
  const file = await openWeights(memorySource(await readFile(join(fixtures, "../checkpoint/gguf/llama.gguf")), "llama.gguf"));
  const language = await ggufLanguage(file, "llama.gguf");
  const withTensors = (added: Added): WeightFile => {
    const stored = Object.entries(added).map(([name, tensor]): [string, StoredWeight] => [
      name,
      { storedAs: tensor.dtype, shape: tensor.shape, bytes: 0, load: () => Promise.resolve(tensor) },
    ]);
    return { ...file, weights: new Map([...file.weights, ...stored]) };
  };
  const read = async (added: Added): Promise<number> => {
    let count = 0;
    for await (const _ of readGgufLanguage(withTensors(added), language, "x.gguf", true)) count++;
    return count;
  };

  test.each(["blk.0.attn_q.bias", "blk.0.attn_q_norm.weight", "blk.2.attn_norm.weight", "output.bias", "rope_factors_long.weight"])(
    "with %s is refused",
    async (tensor) => {
      await refuses(read({ [tensor]: values([4]) }), tensor);
    },
  );

  test("with divisors of rotary positions has them in its config, unless all of them are 1", async () => {
    expect(await read({ "rope_freqs.weight": values([3], 1) })).toBe(await read({}));
    const { config } = language;
    expect((await ggufLanguage(withTensors({ "rope_freqs.weight": values([3], 1) }), "x.gguf")).config).toEqual(config);
    const divided = await ggufLanguage(withTensors({ "rope_freqs.weight": values([3], (i) => 1 + i) }), "x.gguf");
    expect(divided.config).toEqual({ ...config, positions: { ...config.positions, scaling: { kind: "divisors", divisors: [1, 2, 3], magnitude: 1 } } });
    await expect(ggufLanguage(withTensors({ "rope_freqs.weight": values([3], (i) => i) }), "x.gguf")).rejects.toThrow(
      /rope_freqs\.weight holds what positions cannot/,
    );
    await expect(ggufLanguage(withTensors({ "rope_freqs.weight": values([2], 2) }), "x.gguf")).rejects.toThrow(
      /3 pairs of channels turn, but there are 2 divisors/,
    );
  });

  test("every weight of the map is one of the model's", () => {
    const declared = declaredBy((scope) => new LanguageModel(scope.child("language"), language.config));
    // Biases are of those of its architecture that have any.
    expect([...language.weights.origins.keys()].filter((path) => !declared.has(path) && !path.endsWith(".bias"))).toEqual([]);
  });
});

describe("whole models", () => {
  test.each([
    ["idefics", "model-00001-of-00002.safetensors", "model.layers.0.self_attn.q_proj.bias"],
    ["idefics", "model-00002-of-00002.safetensors", "model.perceiver_resampler.blocks.2.0.q_proj.weight"],
    ["idefics", "model-00002-of-00002.safetensors", "model.gated_cross_attn_layers.0.cross_attn.q_proj.bias"],
    ["openflamingo-neox", "checkpoint.pt", "perceiver.layers.0.0.to_q.bias"],
    ["openflamingo-neox", "checkpoint.pt", "lang_encoder.gpt_neox.layers.9.gated_cross_attn_layer.attn_gate"],
    ["openflamingo-neox", "checkpoint.pt", "model_state_dict.module.perceiver.scale"],
    ["openflamingo-neox", "language/model.safetensors", "gpt_neox.layers.0.attention.q_norm.weight"],
    ["openflamingo-neox", "vision/model.safetensors", "vision_model.encoder.layers.0.ls_1.gamma"],
  ])("%s with, in %s, %s is refused by that name", async (name, file, tensor) => {
    const short = tensor.replace(/^model_state_dict\.module\./, "");
    await refuses(loadModelFolder(await withTensors(name, file, { [tensor]: values([4]) })), `${short} float32 [4]`);
  });

  test("IDEFICS' frequencies and numbers of positions change nothing", async () => {
    const frequencies = Object.fromEntries(
      ["layers.0.self_attn", "gated_cross_attn_layers.1.cross_attn"].map((place) => [`model.${place}.rotary_emb.inv_freq`, turning(8, 10_000)]),
    );
    const folder = await withTensors("idefics", "model-00002-of-00002.safetensors", {
      ...frequencies,
      "model.vision_model.embeddings.position_ids": values([1, 5], (i) => i),
    });
    expect((await loadModelFolder(folder)).weights).toEqual((await loadModelFolder(join(fixtures, "idefics"))).weights);
  });

  test("a training run's checkpoint has the state of its training besides, and may not say the same twice", async () => {
    const whole = await loadModelFolder(join(fixtures, "openflamingo-neox"));
    const state = { "optimizer_state_dict.state.0.exp_avg": values([3]), "lr_scheduler_state_dict.last": values([1]) };
    expect((await loadModelFolder(await withTensors("openflamingo-neox", "checkpoint.pt", state))).weights).toEqual(whole.weights);
    const twice = { "model_state_dict.perceiver.latents": values([4, 16]) };
    await refuses(loadModelFolder(await withTensors("openflamingo-neox", "checkpoint.pt", twice)), "perceiver.latents twice");
  });

  test("OpenFlamingo's CLIP may have been saved alone, with its projection or without, by transformers 4 or 5", async () => {
    const { weights } = await loadModelFolder(join(fixtures, "openflamingo-neox"));
    const forms: ((tensor: string) => string | undefined)[] = [
      (tensor) => (/^text_|^logit/.test(tensor) ? undefined : tensor),
      (tensor) => (tensor.startsWith("vision_model.") ? tensor : undefined),
      (tensor) => (tensor.startsWith("vision_model.") ? tensor.slice("vision_model.".length) : undefined),
    ];
    for (const form of forms) {
      const folder = await withTensors("openflamingo-neox", "vision/model.safetensors", {}, form);
      expect((await loadModelFolder(folder)).weights).toEqual(weights);
    }
  });

  test("an OpenFlamingo's head beside a config that ties it must be its embedding", async () => {
    const folder = await withTensors("openflamingo-mpt", "checkpoint.pt", { "lang_encoder.lm_head.weight": values([131, 16], 0.5) });
    await refuses(
      loadModelFolder(folder),
      "lang_encoder.lm_head.weight, the head that the config ties to the embedding, holds other values than lang_encoder.transformer.wte.weight",
    );
  });

  test("of a checkpoint that was saved whole its own frozen weights are taken, as when OpenFlamingo loads it", async () => {
    const before = await loadModelFolder(join(fixtures, "openflamingo-neox"));
    const norm = values([24], 0.25);
    const bias = values([16], -3);
    const folder = await withTensors("openflamingo-neox", "checkpoint.pt", {
      "lang_encoder.gpt_neox.layers.0.decoder_layer.input_layernorm.weight": norm,
      "lang_encoder.old_decoder_blocks.0.input_layernorm.weight": norm,
      "vision_encoder.ln_pre.bias": bias,
    });
    const { weights } = await loadModelFolder(folder);
    const changed = [...before.weights].filter(([path, weight]) => JSON.stringify(weight) !== JSON.stringify(weights.get(path)));
    expect(changed.map(([path]) => path).sort()).toEqual(["language.blocks.0.attentionNorm.scale", "vision.inputNorm.bias"]);
    expect([...(weights.get("vision.inputNorm.bias") as { data: Float32Array }).data]).toEqual([...bias.data]);
    const other = await withTensors("openflamingo-neox", "checkpoint.pt", {
      "lang_encoder.gpt_neox.layers.0.decoder_layer.input_layernorm.weight": norm,
      "lang_encoder.old_decoder_blocks.0.input_layernorm.weight": values([24], 0.5),
    });
    await refuses(loadModelFolder(other), "lang_encoder.old_decoder_blocks.0.input_layernorm.weight, a layer under another name, holds other values");
  });
});
