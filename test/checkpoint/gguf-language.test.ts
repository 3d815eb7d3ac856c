/** Language models in GGUF files: what is refused, and how. That the numbers are right is in test/parity. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ggufLanguageConfig, readGgufLanguage } from "../../src/checkpoint/published/gguf-language.ts";
import { ggufTokenizer } from "../../src/checkpoint/published/gguf-tokenizer.ts";
import { completedConfig } from "../../src/checkpoint/same-config.ts";
import type { WeightFile } from "../../src/checkpoint/weight-file.ts";
import { openWeights } from "../../src/checkpoint/weights.ts";
import { Tokenizer } from "../../src/data/tokenizer.ts";
import { memorySource } from "./memory-source.ts";
import { keyUses } from "./mutated-config.ts";

const file = await openWeights(memorySource(await readFile(join(import.meta.dirname, "../fixtures/checkpoint/gguf/llama.gguf")), "llama.gguf"));
const changed = (metadata: Readonly<Record<string, unknown>>): WeightFile => ({ ...file, metadata: { ...file.metadata, ...metadata } });
const config = ggufLanguageConfig(file, "llama.gguf");

describe("the language model", () => {
  test("is read for the config that describes it, whatever entries that adds", async () => {
    expect(completedConfig("language", config, { extraTokens: 3, maxTokens: 16 }, "llama.gguf")).toEqual({ ...config, extraTokens: 3, maxTokens: 16 });
    const paths: string[] = [];
    for await (const [path] of readGgufLanguage(file, config, "llama.gguf", true)) paths.push(path);
    expect(paths).toHaveLength(9 * config.blocks + 3);
    expect(paths.filter((path) => path.includes("extra"))).toEqual([]);
  });

  test("is refused for the config of another one", () => {
    const other = { ...config, blocks: 3, maxTokens: 64, positions: { kind: "none" } } as const;
    expect(() => completedConfig("language", config, other, "llama.gguf")).toThrow(
      /another language model than the config's.*blocks is 2 in the file, 3 in the config.*maxTokens is 32.*positions/s,
    );
  });

  test.each([
    ["another architecture", { "general.architecture": "qwen2" }, /"qwen2" are not supported; supported is llama/],
    ["a lost number", { "llama.block_count": undefined }, /"llama\.block_count": .*expected number.*found nothing/],
    ["scaled positions", { "llama.rope.scaling.type": "yarn" }, /"llama\.rope\.scaling\.type": must be none or linear: .*found "yarn"/],
    [
      "a factor without a type, which is linear",
      { "llama.rope.scaling.factor": 4 },
      /"llama\.rope\.scaling\.factor": rotary positions with scaling are not computed.*found 4/,
    ],
    ["the same under its old name", { "llama.rope.scale_linear": 4 }, /"llama\.rope\.scale_linear": rotary positions with scaling are not computed/],
    ["heads that turn in part", { "llama.rope.dimension_count": 4 }, /"llama\.rope\.dimension_count": heads have 6 channels.*found 4/],
    ["values of another width", { "llama.attention.value_length": 4 }, /"llama\.attention\.value_length": heads have 6 channels/],
    ["experts of a number that no double holds", { "llama.expert_count": 9223372036854775809n }, /"llama\.expert_count": only 0 is possible here/],
    ["another kind of file", { "general.type": "adapter" }, /"general\.type": only "model" is possible here/],
    [
      "a key that nobody has heard of",
      { "llama.attention.key_lenght": 6 },
      /unknown key "llama\.attention\.key_lenght"; .* \(known is "llama\.attention\.key_length"\)/,
    ],
    ["a key of another place", { "xielu.alpha_p": 1 }, /unknown key "xielu\.alpha_p"/],
    ["a number that no double holds", { "llama.rope.unheard_of": 9223372036854775809n }, /unknown key "llama\.rope\.unheard_of"/],
  ])("is refused with %s", (_, metadata, message) => {
    expect(() => ggufLanguageConfig(changed(metadata), "x.gguf")).toThrow(message);
  });

  test("changes with every key that llama.cpp knows, or is refused for it, but with these", () => {
    const neutral = {
      ...{
        "general.type": "model",
        "general.name": "x",
        "general.base_model.0.name": "y",
        "general.sampling.temp": 0.7,
        "split.count": 1,
        "quantize.imatrix.file": "z",
      },
      ...{ "mradermacher.quantized_by": "x", "tokenizer.ggml.bos_token_id": 1 },
      ...{
        "llama.vocab_size": 48,
        "llama.pooling_type": 0,
        "llama.tensor_data_layout": "Meta AI original pth",
        "llama.hidden_activation": "silu",
        "llama.use_parallel_residual": false,
      },
      ...{ "llama.attention.key_length": 6, "llama.attention.value_length": 6, "llama.attention.causal": true, "llama.attention.sliding_window": 16 },
      ...{
        "llama.attention.clamp_kqv": 0,
        "llama.attention.max_alibi_bias": 0,
        "llama.attention.scale": 0,
        "llama.attn_logit_softcapping": 0,
        "llama.final_logit_softcapping": 0,
      },
      ...{
        "llama.logit_scale": 1,
        "llama.residual_scale": 1,
        "llama.embedding_scale": 1,
        "llama.expert_count": 0,
        "llama.expert_used_count": 0,
        "llama.expert_shared_count": 0,
      },
      ...{
        "llama.leading_dense_block_count": 0,
        "llama.rope.scaling.type": "linear",
        "llama.rope.scaling.factor": 1,
        "llama.rope.scale_linear": 1,
        "llama.rope.scaling.attn_factor": 1,
      },
      ...{
        "llama.rope.scaling.original_context_length": 32,
        "llama.rope.scaling.finetuned": false,
        "llama.rope.scaling.alpha": 0,
        "llama.rope.scaling.yarn_log_multiplier": 0,
      },
      ...{
        "llama.rope.scaling.yarn_ext_factor": -1,
        "llama.rope.scaling.yarn_attn_factor": 1,
        "llama.rope.scaling.yarn_beta_fast": 32,
        "llama.rope.scaling.yarn_beta_slow": 1,
      },
    };
    const read = (metadata: unknown): unknown => ggufLanguageConfig({ ...file, metadata: metadata as Record<string, unknown> }, "x.gguf");
    expect(read({ ...file.metadata, ...neutral })).toEqual({ ...config, maxTokens: 16 });
    const { ignored, used, refused, unnamed } = keyUses(read, { ...file.metadata, ...neutral });
    const others = (keys: readonly string[]): readonly string[] => keys.filter((key) => /^(llama\.|general\.type$)/.test(key)).toSorted();
    expect(others(ignored)).toEqual([
      "llama.context_length",
      "llama.pooling_type",
      "llama.rope.scaling.finetuned",
      "llama.rope.scaling.original_context_length",
      "llama.rope.scaling.yarn_beta_fast",
      "llama.rope.scaling.yarn_beta_slow",
      "llama.vocab_size",
    ]);
    expect(others(used)).toEqual([
      "llama.attention.head_count",
      "llama.attention.head_count_kv",
      "llama.attention.layer_norm_rms_epsilon",
      "llama.attention.sliding_window",
      "llama.block_count",
      "llama.embedding_length",
      "llama.feed_forward_length",
      "llama.rope.freq_base",
    ]);
    // Where heads are wider, it is the two keys beside it that do not fit.
    expect(others(unnamed)).toEqual(["llama.attention.key_length"]);
    expect(others(refused)).toEqual(others(Object.keys({ ...file.metadata, ...neutral }).filter((key) => ![...ignored, ...used, ...unnamed].includes(key))));
  });

  test("is not scaled where the file says none, whatever the factor", () => {
    const metadata = { "llama.rope.scaling.type": "none", "llama.rope.scaling.factor": 4 };
    expect(ggufLanguageConfig(changed(metadata), "x.gguf")).toEqual(config);
    expect(ggufLanguageConfig(changed({ "llama.rope.scaling.factor": 0, "llama.rope.scaling.type": "linear" }), "x.gguf")).toEqual(config);
  });
});

describe("the vocabulary", () => {
  test("gets the markers that it lacks, after its own entries", () => {
    const tokenizer = Tokenizer.fromJson(ggufTokenizer(file, "llama.gguf", ["<image>", "<|endofchunk|>", "<|padding|>"]));
    expect(["<image>", "<|endofchunk|>", "<|padding|>"].map((name) => tokenizer.special(name))).toEqual([1, 48, 49]);
    expect(tokenizer.size).toBe(50);
    // Digits stay apart although the file would merge "00".
    expect(tokenizer.encode("the thing 00").map((id) => tokenizer.decode([id]))).toEqual(["the", " ", "th", "ing", " ", "0", "0"]);
  });

  test("has tokens that no text becomes and that stand for none: control, unknown, unused", () => {
    const types = Array.from({ length: 48 }, (_, id) => ({ 40: 2, 41: 5 })[id] ?? (file.metadata["tokenizer.ggml.token_type"] as number[])[id]);
    const tokenizer = Tokenizer.fromJson(ggufTokenizer(changed({ "tokenizer.ggml.token_type": types }), "llama.gguf"));
    expect([1, 40, 41].map((id) => tokenizer.decode([id]))).toEqual(["", "", ""]);
    const text = [39, 40, 41, 42].map((id) => (file.metadata["tokenizer.ggml.tokens"] as string[])[id]!.replaceAll("Ġ", " ")).join("");
    expect(tokenizer.encode(text).filter((id) => id === 40 || id === 41)).toEqual([]);
  });

  test("is what its lists say, with everything else that llama.cpp knows at what it is for byte pairs", () => {
    const known = {
      ...{
        "tokenizer.ggml.scores": [0],
        "tokenizer.ggml.token_type_count": 1,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.eot_token_id": 2,
      },
      ...{
        "tokenizer.ggml.eom_token_id": 2,
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.seperator_token_id": 0,
        "tokenizer.ggml.padding_token_id": 2,
      },
      ...{ "tokenizer.ggml.cls_token_id": 0, "tokenizer.ggml.mask_token_id": 0, "tokenizer.ggml.prefix_token_id": 0, "tokenizer.ggml.suffix_token_id": 0 },
      ...{
        "tokenizer.ggml.middle_token_id": 0,
        "tokenizer.ggml.fim_pre_token_id": 0,
        "tokenizer.ggml.fim_suf_token_id": 0,
        "tokenizer.ggml.fim_mid_token_id": 0,
      },
      ...{
        "tokenizer.ggml.fim_pad_token_id": 0,
        "tokenizer.ggml.fim_rep_token_id": 0,
        "tokenizer.ggml.fim_sep_token_id": 0,
        "tokenizer.ggml.add_bos_token": true,
      },
      ...{ "tokenizer.ggml.add_eos_token": true, "tokenizer.ggml.add_sep_token": true, "tokenizer.huggingface.json": "{}", "tokenizer.chat_template": "x" },
      ...{ "tokenizer.chat_template.tool_use": "x", "tokenizer.chat_templates": ["tool_use"], "tokenizer.ggml.add_space_prefix": false },
      ...{ "tokenizer.ggml.remove_extra_whitespaces": false, "tokenizer.ggml.precompiled_charsmap": [], "tokenizer.ggml.suppress_tokens": [] },
      ...{ "tokenizer.ggml.normalizer.lowercase": false, "tokenizer.ggml.normalizer.strip_accents": false },
    };
    expect(ggufTokenizer(changed(known), "x.gguf")).toEqual(ggufTokenizer(file, "x.gguf"));
  });

  test.each([
    ["a space before each text", { "tokenizer.ggml.add_space_prefix": true }, /"tokenizer\.ggml\.add_space_prefix": only false is possible here/],
    ["spaces taken out", { "tokenizer.ggml.remove_extra_whitespaces": true }, /"tokenizer\.ggml\.remove_extra_whitespaces": only false/],
    ["letters made small", { "tokenizer.ggml.normalizer.lowercase": true }, /"tokenizer\.ggml\.normalizer\.lowercase": only false/],
    ["marks taken off letters", { "tokenizer.ggml.normalizer.strip_accents": true }, /"tokenizer\.ggml\.normalizer\.strip_accents": only false/],
    [
      "letters replaced",
      { "tokenizer.ggml.precompiled_charsmap": Array.from({ length: 500 }, (_, i) => i) },
      /"tokenizer\.ggml\.precompiled_charsmap": only \[\] is possible here.*found \[0,1,.{1,120}…$/,
    ],
    ["tokens that are never said", { "tokenizer.ggml.suppress_tokens": [3] }, /"tokenizer\.ggml\.suppress_tokens": only \[\]/],
    ["a key that nobody has heard of", { "tokenizer.ggml.add_space_suffix": true }, /unknown key "tokenizer\.ggml\.add_space_suffix"/],
    ["another kind", { "tokenizer.ggml.model": "llama" }, /of the kind "llama"; supported is gpt2/],
    ["another rule for pieces", { "tokenizer.ggml.pre": "qwen2" }, /by the rule "qwen2"; supported are gpt-2, smollm/],
    ["no tokens", { "tokenizer.ggml.tokens": [] }, /no list of texts under tokenizer\.ggml\.tokens/],
    ["no merges", { "tokenizer.ggml.merges": [1] }, /no list of texts under tokenizer\.ggml\.merges/],
    ["types for other tokens", { "tokenizer.ggml.token_type": [1] }, /should have 48 entries/],
    ["tokens that are searched for in text", { "tokenizer.ggml.token_type": Array.from({ length: 48 }, (_, i) => (i === 40 ? 4 : 1)) }, /text is searched for/],
    ["tokens for bytes", { "tokenizer.ggml.token_type": Array.from({ length: 48 }, (_, i) => (i === 40 ? 6 : 1)) }, /tokens for single bytes/],
    [
      "a type that is none",
      { "tokenizer.ggml.token_type": Array.from({ length: 48 }, (_, i) => (i === 40 ? 0 : 1)) },
      /of the type 0, which the format does not know/,
    ],
    ["a token twice", { "tokenizer.ggml.tokens": (file.metadata["tokenizer.ggml.tokens"] as string[]).with(5, "e").with(6, "e") }, /has "e" twice/],
  ])("is refused with %s", (_, metadata, message) => {
    expect(() => ggufTokenizer(changed(metadata), "x.gguf")).toThrow(message);
  });
});
