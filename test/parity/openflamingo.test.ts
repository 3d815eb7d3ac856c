/**
 * OpenFlamingo's checkpoints against OpenFlamingo's own code. Text before the first picture, and text without any, is compared like all other text: the released models look
 * at the last picture only, and in that mode the reference gives zero attention there. Its uniform attention where nothing is visible occurs only with
 * `only_attend_immediate_media=False` and with more markers than pictures; no release does the first, and the second has no right answer, so neither is in the prompts.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openFlamingo, openFlamingoTensors } from "../../src/checkpoint/published/openflamingo.ts";
import type { PublishedShapes } from "../../src/checkpoint/published/published-model.ts";
import type { StoredWeight } from "../../src/checkpoint/weight-file.ts";
import { openWeights } from "../../src/checkpoint/weights.ts";
import { parseFlamingoConfig } from "../../src/model/config.ts";
import { sizes } from "../../src/model/sizes.ts";
import { memorySource } from "../checkpoint/memory-source.ts";
import { fixtures, readJson, readReference } from "./published-model.ts";
import { sameAsPublished } from "./same-as-published.ts";

const tower = { kind: "clip-vit", imageSize: 28, patchSize: 14, width: 16, layers: 2, heads: 2 } as const;

async function weightsOf(path: string): Promise<ReadonlyMap<string, StoredWeight>> {
  return (await openWeights(memorySource(await readFile(join(fixtures, path)), path))).weights;
}

async function tensorsOf(name: string, language: string): Promise<ReadonlyMap<string, StoredWeight>> {
  return openFlamingoTensors({
    checkpoint: await weightsOf(`${name}/checkpoint.pt`),
    language: await weightsOf(`${language}/model.safetensors`),
    vision: await weightsOf("clip/open_clip_pytorch_model.pt"),
  });
}

const clip = await readReference("clip");

describe.each([
  ["openflamingo-neox", "neox"],
  ["openflamingo-neox-every-2", "neox"],
  ["openflamingo-mpt", "mpt"],
  ["openflamingo-mosaic-gpt", "mosaic-gpt"],
  ["openflamingo-llama", "llama-untied"],
])("the same numbers as the package open-flamingo: %s", async (name, language) => {
  const published = await tensorsOf(name, language);
  const { reference, tensors } = await readReference(name);
  const model = openFlamingo(published, { languageConfig: await readJson(`${language}/config.json`), vision: tower, headDim: reference.headDim }, name);
  await sameAsPublished({ what: name, model, published, reference, tensors: { ...clip.tensors, ...tensors } });
});

describe("what a checkpoint says of its model", async () => {
  const published = await tensorsOf("openflamingo-neox-every-2", "neox");
  const options = { languageConfig: await readJson("neox/config.json"), vision: tower, headDim: 8 };
  const renamed = (change: (name: string) => string | undefined): PublishedShapes =>
    new Map(
      [...published].flatMap(([name, weight]) => {
        const other = change(name);
        return other === undefined ? [] : [[other, weight]];
      }),
    );

  test("fusion layers are found under both of their names, and in a distributed training run's checkpoint", () => {
    const expected = openFlamingo(published, options, "released");
    expect(expected.config.fusion).toMatchObject({ every: 2, offset: 1 });
    const unfiltered = renamed((name) =>
      name.replace(/lang_encoder\.gpt_neox\.layers\.(\d+)\.gated_cross_attn_layer\./, "lang_encoder.gated_cross_attn_layers.$1."),
    );
    const found = openFlamingo(unfiltered, options, "unfiltered");
    expect(found.config).toEqual(expected.config);
    expect(found.weights.origins.get("fusion.layers.1.attention.query.weight")!.from).toBe("lang_encoder.gated_cross_attn_layers.3.attn.to_q.weight");
    const nested = new Map([...published].map(([name, weight]) => [`model_state_dict.module.${name}`, weight]));
    const own = openFlamingoTensors({ checkpoint: nested, language: new Map(), vision: new Map() });
    expect([...own.keys()]).toEqual([...published.keys()]);
  });

  test.each([
    [
      "another kind of file",
      (name: string) => (name.startsWith("perceiver") ? undefined : name),
      /no tensor perceiver\.latents: it is not a checkpoint of OpenFlamingo/,
    ],
    ["another language model", (name: string) => name.replace("gpt_neox", "transformer"), /no fusion layers at lang_encoder\.gpt_neox\.layers\.0 /],
    ["a lost layer", (name: string) => (name.includes("layers.3.gated") ? undefined : name), /fusion layers at blocks 1, expected were 1, 3/],
    ["no new rows", (name: string) => (name.endsWith("embed_in.weight") && name.startsWith("lang") ? undefined : name), /freeze_lm_embeddings/],
  ])("refuses %s", (_, change, message) => {
    expect(() => openFlamingo(renamed(change), options, "x.pt")).toThrow(message);
  });

  test("the released 4B is the named size", () => {
    const shapes: Record<string, readonly number[]> = { "perceiver.latents": [64, 1024], "lang_encoder.gpt_neox.embed_in.weight": [50_280, 2560] };
    for (let i = 0; i < 6; i++) shapes[`perceiver.layers.${i}.0.to_q.weight`] = [512, 1024];
    for (let i = 1; i < 32; i += 2) shapes[`lang_encoder.gpt_neox.layers.${i}.gated_cross_attn_layer.attn_gate`] = [1];
    const redpajama = {
      model_type: "gpt_neox",
      vocab_size: 50_432,
      hidden_size: 2560,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      intermediate_size: 10_240,
      hidden_act: "gelu",
      rotary_pct: 1,
      rotary_emb_base: 10_000,
      use_parallel_residual: false,
      layer_norm_eps: 1e-5,
      max_position_embeddings: 2048,
      tie_word_embeddings: false,
    };
    const { config } = openFlamingo(new Map(Object.entries(shapes).map(([name, shape]) => [name, { shape }])), { languageConfig: redpajama }, "released");
    expect(config).toEqual(parseFlamingoConfig(sizes["openflamingo-4b"]));
  });
});
