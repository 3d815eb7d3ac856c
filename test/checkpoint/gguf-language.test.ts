/** Language models in GGUF files: what is refused, and how. That the numbers are right is in test/parity. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ggufLanguage, ggufLanguageConfig, readGgufLanguage } from "../../src/checkpoint/published/gguf/language.ts";
import { ggufTokenizer } from "../../src/checkpoint/published/gguf/tokenizer.ts";
import { completedConfig } from "../../src/checkpoint/same-config.ts";
import type { WeightFile } from "../../src/checkpoint/weight-file.ts";
import { openWeights } from "../../src/checkpoint/weights.ts";
import { Tokenizer } from "../../src/data/tokenizer.ts";
import type { LanguageConfig } from "../../src/model/language/config.ts";
import { memorySource } from "./memory-source.ts";
import { keyUses } from "./mutated-config.ts";

const file = await openWeights(memorySource(await readFile(join(import.meta.dirname, "../fixtures/checkpoint/gguf/llama.gguf")), "llama.gguf"));
const changed = (metadata: Readonly<Record<string, unknown>>): WeightFile => ({ ...file, metadata: { ...file.metadata, ...metadata } });
const language = await ggufLanguage(file, "llama.gguf");
const { config } = language;
const configOf = (metadata: Readonly<Record<string, unknown>>): LanguageConfig => ggufLanguageConfig(changed(metadata), "x.gguf");

describe("the language model", () => {
  test("is read for the config that describes it, whatever entries that adds", async () => {
    expect(completedConfig("language", config, { extraTokens: 3, maxTokens: 16 }, "llama.gguf")).toEqual({ ...config, extraTokens: 3, maxTokens: 16 });
    const paths: string[] = [];
    for await (const [path] of readGgufLanguage(file, language, "llama.gguf", true)) paths.push(path);
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
    [
      "another architecture",
      { "general.architecture": "falcon" },
      /"falcon" are not supported; supported are llama, qwen2, qwen3, gemma2, gemma3, phi3, olmo2, smollm3/,
    ],
    ["one whose name every object knows", { "general.architecture": "toString" }, /"toString" are not supported/],
    ["a lost number", { "llama.block_count": undefined }, /"llama\.block_count": .*expected number.*found nothing/],
    [
      "positions of another kind",
      { "llama.rope.scaling.type": "longrope" },
      /"llama\.rope\.scaling\.type": must be none or linear or yarn: .*found "longrope"/,
    ],
    ["YaRN in part", { "llama.rope.scaling.type": "yarn", "llama.rope.scaling.yarn_ext_factor": 0 }, /"llama\.rope\.scaling\.yarn_ext_factor": only -1 or 1/],
    [
      "a factor of scores on which authors and llama.cpp do not agree",
      { "llama.rope.scaling.type": "yarn", "llama.rope.scaling.yarn_attn_factor": 1 },
      /"llama\.rope\.scaling\.yarn_attn_factor": authors' code multiplies scores by it, llama\.cpp leaves it out/,
    ],
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
    expect(() => configOf(metadata)).toThrow(message);
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
      "llama.rope.scaling.factor",
    ]);
    // Where heads are wider, it is the two keys beside it that do not fit.
    expect(others(unnamed)).toEqual(["llama.attention.key_length"]);
    expect(others(refused)).toEqual(others(Object.keys({ ...file.metadata, ...neutral }).filter((key) => ![...ignored, ...used, ...unnamed].includes(key))));
  });

  test("has its positions divided by a factor, under either name, which means linear where no kind is said", () => {
    const scaled = { ...config, positions: { ...config.positions, scaling: { kind: "linear", factor: 4 } } };
    expect(configOf({ "llama.rope.scaling.factor": 4 })).toEqual(scaled);
    expect(configOf({ "llama.rope.scale_linear": 4, "llama.rope.scaling.type": "linear" })).toEqual(scaled);
    expect(() => ggufLanguageConfig(changed({ "llama.rope.scaling.factor": 4 }), "x.gguf", [1, 2, 3])).toThrow(/divided by 4 and by a tensor of divisors/);
  });

  test("is not scaled where the file says none, whatever the factor", () => {
    expect(configOf({ "llama.rope.scaling.type": "none", "llama.rope.scaling.factor": 4 })).toEqual(config);
    expect(configOf({ "llama.rope.scaling.factor": 0, "llama.rope.scaling.type": "linear" })).toEqual(config);
  });
});

describe("architectures", () => {
  const of = (architecture: string, metadata: Readonly<Record<string, unknown>> = {}): LanguageConfig => {
    const renamed = Object.entries(file.metadata).map(([key, value]) => [key.replace(/^llama\./, `${architecture}.`), value]);
    return ggufLanguageConfig({ ...file, metadata: { ...Object.fromEntries(renamed), "general.architecture": architecture, ...metadata } }, "x.gguf");
  };
  const gemma3 = { "gemma3.attention.sliding_window": 4, "gemma3.block_count": 12 };

  test("of Gemma have windows in the blocks that they say, or that the family has", () => {
    expect(of("gemma3", gemma3).window).toEqual({ tokens: 4, everywhere: [5, 11] });
    expect(of("gemma3", gemma3).positions).toMatchObject({ base: 500, windowBase: 10_000 });
    expect(of("gemma3", { ...gemma3, "gemma3.rope.freq_base_swa": 300 }).positions).toMatchObject({ windowBase: 300 });
    expect(of("gemma3", { ...gemma3, "gemma3.attention.sliding_window_pattern": 4 }).window?.everywhere).toEqual([3, 7, 11]);
    const pattern = Array.from({ length: 12 }, (_, block) => block !== 2);
    expect(of("gemma3", { ...gemma3, "gemma3.attention.sliding_window_pattern": pattern }).window?.everywhere).toEqual([2]);
    expect(of("gemma3", { ...gemma3, "gemma3.attention.sliding_window_pattern": 1 }).window).toBeUndefined();
    expect(of("gemma3").window).toBeUndefined();
    expect(of("gemma2")).toMatchObject({ window: { tokens: 4096, everywhere: [1] }, scoreCap: 50, logitCap: 30 });
  });

  test("of Gemma divide the scores of the largest model by another root", () => {
    expect(of("gemma2").attentionScale).toBeUndefined();
    expect(of("gemma2", { "gemma2.block_count": 46 }).attentionScale).toBe(6 ** -0.5);
    expect(of("gemma3", { "gemma3.block_count": 62 }).attentionScale).toBe(6 ** -0.5);
  });

  test.each([
    ["llama", { "llama.rope.freq_base_swa": 300 }, /unknown key "llama\.rope\.freq_base_swa"/],
    ["qwen2", { "qwen2.attn_logit_softcapping": 50 }, /"qwen2\.attn_logit_softcapping": only 0 is possible here/],
    ["gemma2", { "gemma2.rope.scaling.type": "yarn" }, /"gemma2\.rope\.scaling\.type": must be none or linear: /],
    ["gemma3", { "gemma3.attn_logit_softcapping": 50 }, /"gemma3\.attn_logit_softcapping": only 0/],
    ["gemma3", { "gemma3.attention.causal": false }, /"gemma3\.attention\.causal": only true/],
    ["olmo2", { "olmo2.attention.sliding_window": 4 }, /"olmo2\.attention\.sliding_window": only 0 is possible here/],
    ["phi3", { "phi3.rope.scaling.attn_factor": 1.2 }, /"rope\.scaling\.attn_factor" is 1\.2, but the tensors with divisors of positions/],
    ["phi3", { "phi3.rope.scaling.type": "longrope", "phi3.rope.scaling.factor": 4 }, /"phi3\.rope\.scaling\.factor": only 1 is possible/],
    ["smollm3", { "smollm3.rope.dimension_count": 4 }, /"smollm3\.rope\.dimension_count": heads have 6 channels.*found 4/],
    ["qwen3", { "llama.context_length": 4 }, /unknown key "llama\.context_length"/],
  ])("%s is refused with what it does not compute", (architecture, metadata, message) => {
    expect(() => of(architecture, metadata)).toThrow(message);
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
    ["a space before each text", { "tokenizer.ggml.add_space_prefix": true }, /"tokenizer\.ggml\.add_space_prefix": a space before each text/],
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
    ["another kind", { "tokenizer.ggml.model": "bert" }, /of the kind "bert"; supported are gpt2 \(byte pairs\) and llama/],
    ["another rule for pieces", { "tokenizer.ggml.pre": "tekken" }, /by the rule "tekken"; supported are gpt-2, smollm, llama-bpe, .*qwen2/],
    ["a rule for pieces that every object knows", { "tokenizer.ggml.pre": "toString" }, /by the rule "toString"/],
    ["a rule for pieces that are SentencePiece's", { "tokenizer.ggml.model": "llama" }, /by the rule "smollm"; supported are default/],
    ["SentencePiece's pieces without scores", { "tokenizer.ggml.model": "llama", "tokenizer.ggml.pre": "default" }, /no list under tokenizer\.ggml\.scores/],
    [
      "scores of other pieces",
      { "tokenizer.ggml.model": "llama", "tokenizer.ggml.pre": "default", "tokenizer.ggml.scores": [1] },
      /tokenizer\.ggml\.scores should have 48 entries/,
    ],
    ["no tokens", { "tokenizer.ggml.tokens": [] }, /no list under tokenizer\.ggml\.tokens/],
    ["no merges", { "tokenizer.ggml.merges": [1] }, /no list under tokenizer\.ggml\.merges/],
    ["types for other tokens", { "tokenizer.ggml.token_type": [1] }, /should have 48 entries/],
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
