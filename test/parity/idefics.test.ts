/**
 * IDEFICS against Hugging Face transformers. Text that sees no picture is compared like all other text: since transformers 4.35 its cross-attention gives nothing (before, it looked at
 * all pictures uniformly, which the released models were not trained with).
 */
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { idefics } from "../../src/checkpoint/published/idefics.ts";
import { openWeightsAt } from "../../src/checkpoint/weights.ts";
import { parseFlamingoConfig } from "../../src/model/config.ts";
import { sizes } from "../../src/model/sizes.ts";
import { fixtures, readJson, readReference } from "./published-model.ts";
import { sameAsPublished } from "./same-as-published.ts";

describe.each(["idefics", "idefics-without-resampler"])("the same numbers as transformers: %s", async (name) => {
  const opened = await openWeightsAt(join(fixtures, name, "model.safetensors.index.json"));
  afterAll(() => opened.close());
  const model = idefics(await readJson(`${name}/config.json`), name);
  await sameAsPublished({ what: name, model, published: opened.file.weights, ...(await readReference(name)) });
});

const released = {
  vocab_size: 32_000,
  additional_vocab_size: 2,
  hidden_size: 4096,
  intermediate_size: 11_008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  hidden_act: "silu",
  rms_norm_eps: 1e-6,
  max_position_embeddings: 2048,
  tie_word_embeddings: false,
  cross_layer_interval: 4,
  qk_layer_norms: true,
  use_resampler: true,
  alpha_type: "float",
};

describe("config.json", () => {
  test("of the released 9B, in parts and with the first uploads' flat keys, is the named size", () => {
    const vision = { embed_dim: 1280, image_size: 224, intermediate_size: 5120, patch_size: 14, num_hidden_layers: 32, num_attention_heads: 16 };
    const perceiver = { resampler_n_latents: 64, resampler_depth: 6, resampler_n_heads: 16, resampler_head_dim: 96, qk_layer_norms_perceiver: true };
    const flat = { ...released, ...Object.fromEntries(Object.entries(vision).map(([key, value]) => [`vision_${key}`, value])), ...perceiver };
    const { hidden, ...tower } = parseFlamingoConfig(sizes["idefics-9b"]).vision as { hidden?: number };
    expect(hidden).toBeUndefined();
    const expected = { ...parseFlamingoConfig(sizes["idefics-9b"]), vision: { ...tower, hidden: 5120 } };
    expect(idefics({ ...released, vision_config: vision, perceiver_config: perceiver }, "x").config).toEqual(expected);
    expect(idefics(flat, "x").config).toEqual(expected);
  });

  test("without a resampler has no weights of one", () => {
    const { config, weights } = idefics({ ...released, use_resampler: false, vision_config: {}, perceiver_config: {} }, "x");
    expect(config.resampler).toEqual({ kind: "none" });
    expect([...weights.origins.keys()].filter((path) => path.startsWith("resampler.layers"))).toEqual([]);
  });

  test.each([
    ["another activation of the fusion layers", { cross_layer_activation_function: "gelu" }, /cross_layer_activation_function/],
  ])("refuses %s", (_, change, message) => {
    expect(() => idefics({ ...released, vision_config: {}, perceiver_config: {}, ...change }, "x")).toThrow(message);
  });
});
