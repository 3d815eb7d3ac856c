/** What a `tokenizer.json` says and we do not do is refused by name when it is opened. */
import { describe, expect, test } from "vitest";
import { Tokenizer } from "../../src/data/tokenizer.ts";
import { tokenizerBases } from "./tokenizer-cases.ts";

const { bytes, llama } = tokenizerBases as Readonly<Record<"bytes" | "llama", (typeof tokenizerBases)[string]>>;
const opened = (changes: object, start = bytes) => Tokenizer.fromJson({ ...start, ...changes });
const added = (changes: object) => ({
  id: 900,
  content: "cat dog",
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: false,
  ...changes,
});
const metaspace = { type: "Metaspace", replacement: "▁" };

describe("a type that is not supported", () => {
  test.each([
    ...["Precompiled", "Nmt", "BertNormalizer", "Bert", "toString"].map((type) => ["normalizer", type] as const),
    ...["UnicodeScripts", "FixedLength", "Replace", "__proto__"].map((type) => ["pre_tokenizer", type] as const),
    ...["CTC", "Lowercase"].map((type) => ["decoder", type] as const),
    ["post_processor", "Unknown"] as const,
  ])("%s %s", (part, type) => {
    expect(() => opened({ [part]: { type } })).toThrow(`${part}.type is "${type}", which is not supported (supported: `);
    const list = { normalizer: "normalizers", pre_tokenizer: "pretokenizers", decoder: "decoders", post_processor: "processors" }[part]!;
    expect(() => opened({ [part]: { type: "Sequence", [list]: [{ type }] } })).toThrow(`${part}.${list}.0.type is "${type}"`);
  });

  test.each(["Unigram", "WordPiece", "WordLevel"])("the model %s", (type) => {
    expect(() => opened({ model: { type, vocab: {}, unk_token: "a" } })).toThrow(`model.type is "${type}", which is not supported (supported: BPE)`);
    expect(() => opened({ model: { vocab: type === "Unigram" ? [["a", 0]] : {} } })).toThrow("model.merges is no list: only vocabularies of byte pairs");
  });
});

describe("an unknown key or value", () => {
  test.each([
    [{ extra: 1 }, 'the file has the unknown key "extra"'],
    [{ version: "2.0" }, 'version: Invalid input: expected "1.0"; found "2.0"'],
    [{ normalizer: { type: "NFC", form: "x" } }, 'normalizer (NFC) has the unknown key "form"'],
    [{ normalizer: "NFC" }, 'normalizer: Invalid input: expected object, received string; found "NFC"'],
    [{ normalizer: { type: "Strip", strip_left: true } }, "normalizer (Strip).strip_right: Invalid input: expected boolean, received undefined; found nothing"],
    [{ pre_tokenizer: { type: "Sequence", pretokenizers: [], also: 1 } }, 'pre_tokenizer has the unknown key "also"'],
    [{ pre_tokenizer: { type: "Split", pattern: { Glob: "*" }, behavior: "Isolated", invert: false } }, "pre_tokenizer (Split).pattern: must be { String"],
    [{ pre_tokenizer: { type: "Split", pattern: { String: "a" }, behavior: "Dropped", invert: false } }, "pre_tokenizer (Split).behavior"],
    [{ pre_tokenizer: { type: "CharDelimiterSplit", delimiter: "ab" } }, "pre_tokenizer (CharDelimiterSplit).delimiter: must be one character"],
    [{ pre_tokenizer: { ...metaspace, prepend_scheme: "sometimes" } }, "pre_tokenizer (Metaspace).prepend_scheme"],
    [{ pre_tokenizer: { ...metaspace, add_prefix_space: false } }, '"add_prefix_space": false and "prepend_scheme": "always"'],
    [{ decoder: { ...metaspace, str_rep: "_" } }, 'decoder (Metaspace) has "str_rep": "_" beside the replacement "▁"'],
    [{ decoder: { type: "BPEDecoder", suffix: "" } }, "decoder (BPEDecoder).suffix"],
    [{ added_tokens: [added({ trim: true })] }, 'added_tokens.0 has the unknown key "trim"'],
    [{ added_tokens: [added({ single_word: undefined })] }, "added_tokens.0.single_word"],
    [{ added_tokens: [added({ content: "" })] }, "added_tokens.0.content"],
    [{ added_tokens: [added({ id: -1 })] }, "added_tokens.0.id"],
    [{ model: { ...bytes.model, dropout: 0.1 } }, "model.dropout: merges are left out at random, which is for training alone"],
    [{ model: { ...bytes.model, continuing_subword_suffix: "x" } }, 'model has the unknown key "continuing_subword_suffix"'],
    [{ model: { ...bytes.model, byte_fallback: "yes" } }, "model.byte_fallback"],
  ])("%j", (changes, message) => {
    expect(() => opened(changes)).toThrow(message);
  });
});

describe("what contradicts itself", () => {
  const { vocab } = bytes.model;
  test.each([
    ["an id that another entry has", { added_tokens: [added({ id: 7 })] }, 'added_tokens gives "cat dog" the id 7, which is that of'],
    [
      "another id than in the vocabulary",
      { added_tokens: [added({ content: "cat" })] },
      `added_tokens gives "cat" the id 900, model.vocab gives it ${vocab["cat"]}`,
    ],
    ["a token twice", { added_tokens: [added({}), added({ id: 901 })] }, 'added_tokens has "cat dog" twice'],
    [
      "two that look the same once they are normalised",
      { normalizer: { type: "Lowercase" }, added_tokens: [added({ normalized: true }), added({ id: 901, content: "CAT dog", normalized: true })] },
      'the added token "CAT dog" is "cat dog" once it is normalised, as is "cat dog"',
    ],
    [
      "one that is nothing then",
      { normalizer: { type: "StripAccents" }, added_tokens: [added({ content: "\u0301", normalized: true })] },
      'is "" once it is normalised',
    ],
    ["an id twice", { model: { ...bytes.model, vocab: { ...vocab, zebra: 5 } } }, 'and "zebra" the same id, 5'],
    ["an id that is none", { model: { ...bytes.model, vocab: { ...vocab, zebra: 5.5 } } }, 'model.vocab gives "zebra" the id 5.5'],
    ["a merge of what is not there", { model: { ...bytes.model, merges: ["t zebra"] } }, 'model.merges has "tzebra", which is not in model.vocab'],
    ["a merge of three", { model: { ...bytes.model, merges: ["t h e"] } }, 'model.merges has "t h e", which is no pair'],
  ])("%s", (_, changes, message) => {
    expect(() => opened(changes)).toThrow(message);
  });
});

test("no entry for what is unknown, where it is asked for", () => {
  const tokenizer = opened({ pre_tokenizer: null, model: { ...bytes.model, unk_token: "<unk>" } });
  expect(tokenizer.encode("the")).toEqual([bytes.model.vocab["the"]]);
  expect(() => tokenizer.encode("the 🙂")).toThrow('model.unk_token has "<unk>", which is not in model.vocab');
});

describe("patterns that JavaScript cannot search for in the same way", () => {
  test.each([
    ["(", "unclosed|Unclosed|group"],
    ["\\X", ""],
    ["\\y", ""],
    ["(?i)straße", "one character may stand for two"],
    ["(?i:miss)", "one character may stand for two"],
  ])("%s", (Regex, why) => {
    const message = new RegExp(`has the pattern .*which is not supported \\(.*(${why})`);
    expect(() => opened({ pre_tokenizer: { type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false } })).toThrow(message);
    expect(() => opened({ normalizer: { type: "Replace", pattern: { Regex }, content: "" } })).toThrow(message);
    expect(() => opened({ decoder: { type: "Replace", pattern: { Regex }, content: "" } })).toThrow(message);
  });
});

describe("steps that do not go together", () => {
  const fuse = { type: "Fuse" };
  test.each([
    [[fuse, { type: "ByteFallback" }], "decoder: ByteFallback after the tokens were fused"],
    [[bytes.decoder, bytes.decoder], "decoder: ByteLevel after the tokens were fused"],
    [[fuse, { type: "WordPiece", prefix: "##", cleanup: true }], "decoder: WordPiece after the tokens were fused"],
    [[fuse, { type: "Replace", pattern: { String: "ab" }, content: "" }], "decoder: Replace after the tokens were fused"],
    [[{ type: "BPEDecoder", suffix: "</w>" }, fuse], "decoder: BPEDecoder before other steps"],
  ])("%j", (decoders, message) => {
    expect(() => opened({ decoder: { type: "Sequence", decoders } })).toThrow(message);
  });

  test("a space before the beginning alone, after what moves the beginning", () => {
    expect(() =>
      opened({ normalizer: { type: "Strip", strip_left: true, strip_right: false }, pre_tokenizer: { ...metaspace, prepend_scheme: "first" } }),
    ).toThrow('"prepend_scheme": "first" after the normalizer Strip');
  });
});

test("a special token that changes the text beside it", () => {
  const tokenizer = opened({ added_tokens: [added({ content: "<image>", special: true, lstrip: true })] }, llama);
  expect(() => tokenizer.special("<image>")).toThrow('the special token "<image>" takes the white space beside it away ("lstrip")');
});
