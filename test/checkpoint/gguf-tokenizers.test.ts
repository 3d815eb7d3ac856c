/** Vocabularies in GGUF files, on random texts of many languages, against the authors' libraries and llama.cpp (tools/reference/gguf_tokenizers.py). */
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { preTokenizerNames } from "../../src/checkpoint/published/gguf/pre-tokenizers.ts";
import { ggufTokenizer } from "../../src/checkpoint/published/gguf/tokenizer.ts";
import { Tokenizer } from "../../src/data/tokenizer.ts";

interface Reference {
  readonly texts: readonly string[];
  readonly bytePairs: { readonly metadata: Record<string, unknown>; readonly ids: Readonly<Record<string, readonly (readonly number[])[]>> };
  readonly sentencePieces: readonly { readonly metadata: Record<string, unknown>; readonly ids: readonly (readonly number[])[] }[];
}

const { texts, bytePairs, sentencePieces } = JSON.parse(
  await readFile(new URL("../fixtures/checkpoint/gguf/tokenizers.json", import.meta.url), "utf8"),
) as Reference;

function tokenizerOf(metadata: Readonly<Record<string, unknown>>): Tokenizer {
  const keys = Object.entries(metadata).map(([key, value]) => [`tokenizer.ggml.${key}`, value]);
  return Tokenizer.fromJson(ggufTokenizer({ metadata: Object.fromEntries(keys) }, "x.gguf"));
}

describe("byte pairs", () => {
  test.each(Object.keys(bytePairs.ids))("cut by the rule %s", (pre) => {
    const tokenizer = tokenizerOf({ ...bytePairs.metadata, pre });
    for (const [i, text] of texts.entries()) {
      expect(tokenizer.encode(text), text).toEqual(bytePairs.ids[pre]![i]);
      expect(tokenizer.decode(bytePairs.ids[pre]![i]!)).toBe(pre === "qwen2" ? text.normalize("NFC") : text);
    }
  });

  test("every rule is compared, but for other names of one", () => {
    expect([...Object.keys(bytePairs.ids), "llama3", "llama-v3"].toSorted()).toEqual([...preTokenizerNames].toSorted());
    for (const pre of ["llama3", "llama-v3"]) expect(tokenizerOf({ ...bytePairs.metadata, pre }).encode(texts[0]!)).toEqual(bytePairs.ids["llama-bpe"]![0]);
  });
});

describe("SentencePiece's pieces", () => {
  test.each(sentencePieces)("with a space before each text: $metadata.add_space_prefix", ({ metadata, ids }) => {
    const tokenizer = tokenizerOf(metadata);
    for (const [i, text] of texts.entries()) {
      expect(tokenizer.encode(text), text).toEqual(ids[i]);
      // A space is put behind a token that is found in a text as well, and only the first one is taken away.
      if (!(metadata["add_space_prefix"] === true && /<\/?div>/.test(text))) expect(tokenizer.decode(ids[i]!)).toBe(text.replaceAll("▁", " "));
    }
  });

  test("have a space before each text where nothing is said", () => {
    const { add_space_prefix: _, ...metadata } = sentencePieces[0]!.metadata;
    expect(tokenizerOf(metadata).encode(texts[0]!)).toEqual(sentencePieces[0]!.ids[0]);
  });
});
