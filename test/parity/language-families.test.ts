/** Language models of every family that transformers has, in its own files, against what it computes with them: the first ones as version 4 writes them, the others as version 5 does. */
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ggufLanguage } from "../../src/checkpoint/published/gguf/language.ts";
import { publishedLanguageConfig } from "../../src/checkpoint/published/language-config.ts";
import { publishedLanguage } from "../../src/checkpoint/published/published-language.ts";
import { openWeightsAt } from "../../src/checkpoint/weights.ts";
import { likeliest, logitsOf } from "./language-logits.ts";
import { measured } from "./measured.ts";
import { fixtures, readJson, readReference, relativeDifference } from "./published-model.ts";

interface LanguageReference {
  readonly rows: readonly (readonly number[])[];
  readonly greedy: readonly (readonly number[])[];
}

/** float32 with other kernels: only the order of sums differs. */
const tolerance = 1e-5;

const names = [
  ...["llama", "llama-tied", "mistral", "opt", "gpt2-base", "pythia", "llama-5", "mistral-5", "neox-5"],
  ...["llama-linear", "llama-3", "llama-yarn", "llama-biased", "mistral-beyond", "opt-350m"],
  ...["qwen2", "qwen2-windowed", "qwen3", "gemma2", "gemma3", "phi3", "phi3-long", "olmo2", "smollm3"],
];

describe.each(names)("the same numbers as transformers: %s", async (name) => {
  const folder = `language-${name}`;
  const opened = await openWeightsAt(join(fixtures, folder, "model.safetensors"));
  afterAll(() => opened.close());
  const language = publishedLanguage(await readJson(`${folder}/config.json`), opened.file.weights, name);
  const run = await logitsOf(language, opened.file.weights);
  const { tensors } = await readReference(folder);
  const { rows, greedy } = (await readJson(`${folder}/reference.json`)) as LanguageReference;

  test.each(rows.map((_, i) => i))("logits and greedy continuation of row %i", async (i) => {
    const tokens = [...rows[i]!, ...greedy[i]!];
    const logits = await run(tokens);
    expect(measured(folder, relativeDifference(logits, tensors[`row.${i}`]!))).toBeLessThan(tolerance);
    // With the same tokens before it, each is the likeliest: so it is what greedy search would have chosen.
    const chosen = greedy[i]!.map((_, step) => likeliest(logits, language.config.vocabulary, rows[i]!.length + step - 1));
    expect(chosen).toEqual(greedy[i]);
  });
});

test("a GGUF file of the same model gives the same numbers", async () => {
  const opened = await openWeightsAt(join(fixtures, "../checkpoint/gguf/llama.gguf"));
  const run = await logitsOf(await ggufLanguage(opened.file, "llama.gguf"), opened.file.weights);
  await opened.close();
  const { tensors } = await readReference("language-llama");
  const { rows, greedy } = (await readJson("language-llama/reference.json")) as LanguageReference;
  expect(measured("gguf-llama", relativeDifference(await run([...rows[0]!, ...greedy[0]!]), tensors["row.0"]!))).toBeLessThan(tolerance);
});

describe("config.json", () => {
  const llama = { model_type: "llama", vocab_size: 48, hidden_size: 24, num_hidden_layers: 2, num_attention_heads: 4, intermediate_size: 32 };
  const opt = { model_type: "opt", vocab_size: 48, hidden_size: 24, num_hidden_layers: 2, num_attention_heads: 3, ffn_dim: 40 };
  const gpt2 = { model_type: "gpt2", vocab_size: 48, n_embd: 24, n_layer: 2, n_head: 4 };

  test("of a Mistral has the window that its attention has", () => {
    const released = { ...llama, model_type: "mistral", max_position_embeddings: 32_768, num_key_value_heads: 2 };
    expect(publishedLanguageConfig({ ...released, sliding_window: 4096 }, "x").config).toMatchObject({
      maxTokens: 32_768,
      window: { tokens: 4096, everywhere: [] },
    });
    expect(publishedLanguageConfig({ ...released, sliding_window: null }, "x").config.window).toBeUndefined();
    // Not said: as in the reference's own default.
    expect(publishedLanguageConfig(released, "x").config.window).toMatchObject({ tokens: 4096 });
    expect(() => publishedLanguageConfig({ ...released, num_key_value_heads: undefined }, "x")).toThrow(/4 query heads cannot share 8 key heads/);
  });

  test("of positions with long and short divisors limits documents to those that the short ones serve", () => {
    const phi = { ...llama, model_type: "phi3", max_position_embeddings: 131_072, original_max_position_embeddings: 4096 };
    const long = { type: "longrope", short_factor: [1, 1.1, 1.2], long_factor: [4, 5, 6] };
    expect(publishedLanguageConfig({ ...phi, rope_scaling: long }, "x").config.maxTokens).toBe(4096);
    expect(publishedLanguageConfig(phi, "x").config.maxTokens).toBe(131_072);
  });

  test.each([
    ["scaled positions without their numbers", { ...llama, rope_scaling: { rope_type: "llama3", factor: 8 } }, /"rope_scaling\.low_freq_factor".*need it/],
    ["numbers of other positions", { ...llama, rope_scaling: { rope_type: "linear", factor: 8, beta_fast: 32 } }, /"rope_scaling\.beta_fast": only null/],
    ["positions that change with the document", { ...llama, rope_scaling: { rope_type: "dynamic", factor: 8 } }, /"rope_scaling\.rope_type"/],
    ["a norm that is taken away (OPT)", { ...opt, _remove_final_layer_norm: true }, /_remove_final_layer_norm/],
    [
      "divisors for other channels",
      { ...llama, rope_scaling: { type: "longrope", short_factor: [1], long_factor: [1] } },
      /3 pairs of channels turn, but there are 1 divisors/,
    ],
    ["scores scaled by the layer", { ...gpt2, scale_attn_by_inverse_layer_idx: true }, /scale_attn_by_inverse_layer_idx/],
    ["another family", { ...llama, model_type: "mamba" }, /"mamba" are not supported; supported are mpt, .*llama/],
  ])("refuses %s", (_, config, message) => {
    expect(() => publishedLanguageConfig(config, "x")).toThrow(message);
  });
});
