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
    ["scaled positions", { "llama.rope.scaling.type": "yarn" }, /scaling \("yarn"\)/],
    ["a mixture of experts", { "llama.expert_count": 8 }, /mixtures of experts/],
    ["a lost number", { "llama.block_count": undefined }, /no number under llama\.block_count/],
  ])("is refused with %s", (_, metadata, message) => {
    expect(() => ggufLanguageConfig(changed(metadata), "x.gguf")).toThrow(message);
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

  test.each([
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
