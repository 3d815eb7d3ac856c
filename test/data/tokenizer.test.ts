import fastCheck from "fast-check";
import { describe, expect, test } from "vitest";
import tokenizerJson from "../../models/nano/tokenizer.json" with { type: "json" };
import { trainBytePairTokenizer } from "../../src/data/byte-pair-training.ts";
import { tokenizeDocument } from "../../src/data/document.ts";
import { Tokenizer } from "../../src/data/tokenizer.ts";
import expected from "../fixtures/data/tokenizer.json" with { type: "json" };
import { tokenizerBases } from "./tokenizer-cases.ts";

const tokenizer = Tokenizer.fromJson(tokenizerJson);
const markers = { image: "<image>", endOfChunk: "<|endofchunk|>" };

describe("the tokenizer", () => {
  test.each(expected)("gives what the tokenizers library gives: $text", ({ text, ids }) => {
    expect(tokenizer.encode(text)).toEqual(ids);
  });

  test("gives back any text, and never a special token, whatever is typed", () => {
    const specials = new Set(["<image>", "<|endofchunk|>", "<|padding|>"].map((name) => tokenizer.special(name)));
    const typed = fastCheck
      .array(
        fastCheck.oneof(fastCheck.string({ unit: "binary" }), fastCheck.constantFrom("<image>", "<|endofchunk|>", "<|padding|>", "\u0000", "\u202e", "\r\n")),
      )
      .map((parts) => parts.join(""));
    fastCheck.assert(
      fastCheck.property(typed, (text) => {
        const ids = tokenizer.encode(text);
        expect(ids.some((id) => specials.has(id))).toBe(false);
        expect(tokenizer.decode(ids)).toBe(text);
      }),
      { numRuns: 40 },
    );
  });

  test("refuses what is no tokenizer, and names that it does not have", () => {
    expect(() => Tokenizer.fromJson({})).toThrow(/not a tokenizer\.json/);
    expect(() => tokenizer.special("<video>")).toThrow(/no special token "<video>", only <\|padding\|>, <image>, <\|endofchunk\|>/);
  });
});

test("LLaMA's byte tokens: U+FEFF stays, and a run that is no UTF-8 is one U+FFFD for each byte", () => {
  const tokenizer = Tokenizer.fromJson(tokenizerBases["llama"]);
  const byte = (value: number): number => tokenizerBases["llama"]!.model.vocab[`<0x${value.toString(16).toUpperCase().padStart(2, "0")}>`]!;
  const shown = (...bytes: readonly number[]): string => tokenizer.decode(bytes.map(byte));
  expect(tokenizer.encode("\ufeff").slice(1)).toEqual([0xef, 0xbb, 0xbf].map(byte));
  expect(shown(0xef, 0xbb, 0xbf)).toBe("\ufeff");
  expect(shown(0xf0, 0x9f, 0x99)).toBe("\ufffd\ufffd\ufffd");
  expect(shown(0x41, 0xff, 0x42)).toBe("\ufffd\ufffd\ufffd");
});

test("a tokenizer.json of a model alone is one", () => {
  const { type, vocab, merges } = tokenizerBases["bytes"]!.model;
  const alone = Tokenizer.fromJson({ model: { type, vocab, merges } });
  // Without a decoder there is a space between tokens, and without an entry for the space none for it.
  expect(alone.decode(alone.encode("the cat"))).toBe("the cat");
  expect(alone.decode(alone.encode("thecat"))).toBe("the cat");
});

describe("learning a vocabulary", () => {
  test("merges the most frequent pairs first", () => {
    const json = trainBytePairTokenizer(["low low low low low lower lower newest newest newest newest newest newest widest widest widest"], 262, ["<s>"]);
    // The example of Sennrich et al. (2016), with spaces kept: "es" 9 times, then "est".
    expect((json["model"] as { merges: string[] }).merges.slice(0, 2)).toEqual(["e s", "es t"]);
    const small = Tokenizer.fromJson(json);
    expect(small.size).toBe(262);
    expect(small.special("<s>")).toBe(0);
    expect(small.decode(small.encode("newest lowest ünder"))).toBe("newest lowest ünder");
  });

  test("does not depend on the order of the texts, and says when there is too little", () => {
    const texts = ["one two three", "two three four", "five one"];
    expect(trainBytePairTokenizer(texts, 265, [])).toEqual(trainBytePairTokenizer(texts.toReversed(), 265, []));
    expect(() => trainBytePairTokenizer(["ab"], 300, [])).toThrow(/too small for a vocabulary of 300: .* at 257/);
  });
});

test("a tokenizer that puts a space before what begins a prompt puts it nowhere else", () => {
  const { added_tokens, ...llama } = tokenizerBases["llama"]!;
  const marker = { id: 900, content: "<image>", single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const end = { ...marker, id: 901, content: "<|endofchunk|>" };
  const preTokenizer = { type: "Metaspace", replacement: "▁", prepend_scheme: "first", split: false };
  const first = Tokenizer.fromJson({ ...llama, normalizer: null, pre_tokenizer: preTokenizer, added_tokens: [...added_tokens, marker, end] });
  const text = { kind: "text", text: "the cat", learn: false } as const;
  const picture = { kind: "media", medium: 0 } as const;
  const [begun, going] = [first.encode("the cat"), first.encode("the cat", { continues: true })];
  expect(begun).not.toEqual(going);
  expect(tokenizeDocument([text, picture, text], first, markers).tokens).toEqual([...begun, 900, ...going]);
  expect(tokenizeDocument([text], first, markers, false).tokens).toEqual(going);
});

test("a document keeps given and learnt text apart, and knows each token's medium", () => {
  const { tokens, learnt, mediaOf, media } = tokenizeDocument(
    [
      { kind: "text", text: "so", learn: false },
      { kind: "media", medium: "first" },
      { kind: "text", text: "a dax", learn: true },
      { kind: "endOfChunk", learn: true },
      { kind: "media", medium: "second" },
      { kind: "text", text: "<image>", learn: true },
    ],
    tokenizer,
    markers,
  );
  expect(media).toEqual(["first", "second"]);
  const [image, end] = [tokenizer.special("<image>"), tokenizer.special("<|endofchunk|>")];
  expect(tokens.filter((token) => token === image)).toHaveLength(2);
  const first = tokens.indexOf(image);
  const second = tokens.lastIndexOf(image);
  expect(mediaOf).toEqual(tokens.map((_, i) => (i < first ? -1 : i < second ? 0 : 1)));
  expect(learnt).toEqual(tokens.map((token, i) => i > first && token !== image));
  expect(tokens[second - 1]).toBe(end);
});
