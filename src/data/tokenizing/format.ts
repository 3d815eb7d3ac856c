/**
 * What a `tokenizer.json` may say. Every type and key is used, or known to be harmless and said to be so; anything else is refused by name. Defaults are those of the tokenizers library, which writes these files.
 */
import * as z from "zod";
import { DataError } from "../errors.ts";

const flag = z.boolean();
const text = z.string();
const character = text.refine((value) => [...value].length === 1, "must be one character");
const pattern = z.union([z.strictObject({ String: text }), z.strictObject({ Regex: text })], "must be { String: … } or { Regex: … }");
const behavior = z.enum(["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]);
const replace = { pattern, content: text };
// `trim_offsets` is about where in a text a token lies, which nothing here asks.
const byteLevel = { add_prefix_space: flag, trim_offsets: flag, use_regex: flag.default(true) };
const metaspace = {
  replacement: character,
  prepend_scheme: z.enum(["always", "first", "never"]).default("always"),
  split: flag.nullish().transform((value) => value ?? true),
  // Two keys of older files: the first repeats the scheme, the second the replacement.
  add_prefix_space: flag.nullish(),
  str_rep: text.nullish(),
};

const normalizers = {
  NFC: {},
  NFD: {},
  NFKC: {},
  NFKD: {},
  Lowercase: {},
  StripAccents: {},
  ByteLevel: {},
  Strip: { strip_left: flag, strip_right: flag },
  Prepend: { prepend: text },
  Replace: replace,
};

const preTokenizers = {
  ByteLevel: byteLevel,
  Metaspace: metaspace,
  Split: { pattern, behavior, invert: flag },
  Digits: { individual_digits: flag },
  Punctuation: { behavior: behavior.default("Isolated") },
  Whitespace: {},
  WhitespaceSplit: {},
  CharDelimiterSplit: { delimiter: character },
  BertPreTokenizer: {},
};

const decoders = {
  ByteLevel: byteLevel,
  ByteFallback: {},
  Fuse: {},
  Strip: { content: character, start: z.int().nonnegative(), stop: z.int().nonnegative() },
  Replace: replace,
  Metaspace: metaspace,
  WordPiece: { prefix: text, cleanup: flag },
  BPEDecoder: { suffix: text.min(1) },
};

/** They add special tokens, which prompts here have by name alone, and trim offsets: nothing of them is used. */
const postProcessors = {
  TemplateProcessing: { single: z.unknown(), pair: z.unknown(), special_tokens: z.unknown() },
  BertProcessing: { sep: z.unknown(), cls: z.unknown() },
  RobertaProcessing: { sep: z.unknown(), cls: z.unknown(), trim_offsets: flag, add_prefix_space: flag },
  ByteLevel: byteLevel,
};

const addedToken = z.strictObject({
  id: z.int().nonnegative(),
  content: text.min(1),
  single_word: flag,
  lstrip: flag,
  rstrip: flag,
  normalized: flag,
  special: flag,
});

const model = z.strictObject({
  // Files of 2020 have none.
  type: z.literal("BPE").optional(),
  dropout: z.literal(0, "merges are left out at random, which is for training alone; set it to null").nullish(),
  unk_token: text.nullish(),
  continuing_subword_prefix: text.nullish(),
  end_of_word_suffix: text.nullish(),
  fuse_unk: flag.nullish(),
  byte_fallback: flag.nullish(),
  ignore_merges: flag.nullish(),
  vocab: z.unknown(),
  merges: z.unknown(),
});

const file = z.strictObject({
  version: z.literal("1.0").nullish(),
  // How many tokens are read, and what fills a batch, is for those who read them.
  truncation: z.unknown().optional(),
  padding: z.unknown().optional(),
  added_tokens: z
    .array(addedToken)
    .nullish()
    .transform((tokens) => tokens ?? []),
  normalizer: z.unknown().optional(),
  pre_tokenizer: z.unknown().optional(),
  post_processor: z.unknown().optional(),
  decoder: z.unknown().optional(),
  model: z.unknown().optional(),
});

type Step<Kinds extends Readonly<Record<string, z.ZodRawShape>>> = {
  [Type in keyof Kinds]: { readonly type: Type } & Readonly<z.output<z.ZodObject<Kinds[Type]>>>;
}[keyof Kinds];

export type Behavior = z.output<typeof behavior>;
export type PatternJson = z.output<typeof pattern>;
export type NormalizerStep = Step<typeof normalizers>;
export type PreTokenizerStep = Step<typeof preTokenizers>;
export type DecoderStep = Step<typeof decoders>;
export type AddedTokenJson = Readonly<z.output<typeof addedToken>>;

export interface BytePairJson extends Omit<z.output<typeof model>, "vocab" | "merges"> {
  readonly vocab: ReadonlyMap<string, number>;
  /** Each a line `left right`, or a pair. */
  readonly merges: readonly unknown[];
}

/** A `tokenizer.json` that was checked, sequences laid out. */
export interface TokenizerFormat {
  readonly added: readonly AddedTokenJson[];
  readonly normalizer: readonly NormalizerStep[];
  readonly preTokenizer: readonly PreTokenizerStep[];
  /** Undefined: none, which puts a space between tokens. */
  readonly decoder: readonly DecoderStep[] | undefined;
  readonly model: BytePairJson;
}

/** @throws DataError that names what is wrong or not supported, and where */
export function readFormat(json: unknown): TokenizerFormat {
  const vocab = (json as { model?: { vocab?: unknown } | null } | null | undefined)?.model?.vocab;
  if (typeof vocab !== "object" || vocab === null)
    throw new DataError("not a tokenizer.json: it has no model.vocab; take the file from the model's own folder");
  const { added_tokens: added, ...whole } = checked(file, json, "");
  steps(postProcessors, whole.post_processor, "post_processor", "processors");
  const format: TokenizerFormat = {
    added,
    normalizer: steps(normalizers, whole.normalizer, "normalizer", "normalizers"),
    preTokenizer: steps(preTokenizers, whole.pre_tokenizer, "pre_tokenizer", "pretokenizers"),
    decoder: (whole.decoder ?? null) === null ? undefined : steps(decoders, whole.decoder, "decoder", "decoders"),
    model: bytePairs(whole.model),
  };
  checkMetaspace(format, "pre_tokenizer", format.preTokenizer);
  checkMetaspace(format, "decoder", format.decoder ?? []);
  checkIds(format);
  return format;
}

/** The steps of a part of the pipeline; sequences may hold sequences. */
function steps<Kinds extends Readonly<Record<string, z.ZodRawShape>>>(kinds: Kinds, value: unknown, where: string, list: string): Step<Kinds>[] {
  if (value === null || value === undefined) return [];
  const { type, ...options } = checked(z.looseObject({ type: text }), value, where);
  if (type === "Sequence") {
    const inner = checked(z.strictObject({ [list]: z.array(z.unknown()) }), options, where)[list]!;
    return inner.flatMap((each, i) => steps(kinds, each, `${where}.${list}.${i}`, list));
  }
  if (!Object.hasOwn(kinds, type)) throw unsupported(`${where}.type`, type, [...Object.keys(kinds), "Sequence"]);
  return [{ type, ...checked(z.strictObject(kinds[type]!), options, `${where} (${type})`) } as Step<Kinds>];
}

function bytePairs(json: unknown): BytePairJson {
  const { type, merges: listed } = json as { type?: unknown; merges?: unknown };
  if (type !== undefined && type !== "BPE") throw unsupported("model.type", type, ["BPE"]);
  if (!Array.isArray(listed)) throw new DataError("model.merges is no list: only vocabularies of byte pairs (BPE) are supported; use a model that has one");
  const { vocab, merges, ...options } = checked(model, json, "model");
  const ids = new Map(Object.entries(vocab as Record<string, number>));
  for (const [token, id] of ids)
    if (!(Number.isInteger(id) && id >= 0 && id < 2 ** 26))
      throw new DataError(`model.vocab gives ${JSON.stringify(token)} the id ${JSON.stringify(id)}; ids are whole numbers`);
  return { ...options, vocab: ids, merges: merges as unknown[] };
}

function checkMetaspace({ normalizer }: TokenizerFormat, where: string, list: readonly (PreTokenizerStep | DecoderStep)[]): void {
  for (const step of list) {
    if (step.type !== "Metaspace") continue;
    const { prepend_scheme: scheme, add_prefix_space: prefix, str_rep: written, replacement } = step;
    if (prefix === false && scheme !== "never")
      throw new DataError(
        `${where} (Metaspace) has "add_prefix_space": false and "prepend_scheme": "${scheme}"; set the scheme to "never" if no space is to be added`,
      );
    if ((written ?? replacement) !== replacement)
      throw new DataError(
        `${where} (Metaspace) has "str_rep": ${JSON.stringify(written)} beside the replacement ${JSON.stringify(replacement)}; leave one out`,
      );
    const moves = normalizer.find(({ type }) => type === "Strip" || type === "StripAccents" || type === "Replace");
    if (where === "pre_tokenizer" && scheme === "first" && moves !== undefined)
      throw new DataError(
        `${where} (Metaspace) has "prepend_scheme": "first" after the normalizer ${moves.type}, which is not supported; use a model whose tokenizer does without one of them`,
      );
  }
}

/** Each token has one id and each id one token, or text and tokens would not agree. */
function checkIds({ added, model }: TokenizerFormat): void {
  const tokens = new Map<number, string>();
  for (const [token, id] of model.vocab) {
    const other = tokens.get(id);
    if (other !== undefined)
      throw new DataError(`model.vocab gives ${JSON.stringify(other)} and ${JSON.stringify(token)} the same id, ${id}; the file is damaged`);
    tokens.set(id, token);
  }
  const seen = new Set<string>();
  for (const { id, content } of added) {
    const name = JSON.stringify(content);
    const known = model.vocab.get(content);
    if (seen.has(content)) throw new DataError(`added_tokens has ${name} twice; leave one out`);
    if (known !== undefined && known !== id) throw new DataError(`added_tokens gives ${name} the id ${id}, model.vocab gives it ${known}; the file is damaged`);
    const other = tokens.get(id);
    if (other !== undefined && other !== content)
      throw new DataError(`added_tokens gives ${name} the id ${id}, which is that of ${JSON.stringify(other)}; the file is damaged`);
    seen.add(content);
    tokens.set(id, content);
  }
}

function unsupported(where: string, value: unknown, supported: readonly string[]): DataError {
  return new DataError(
    `${where} is ${JSON.stringify(value)}, which is not supported (supported: ${supported.join(", ")}); use a model whose tokenizer does without it`,
  );
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, where: string): z.output<Schema> {
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data as z.output<Schema>;
  const issue = error.issues[0]!;
  const at = [where, ...issue.path].filter((part) => part !== "").join(".");
  if (issue.code === "unrecognized_keys")
    throw new DataError(
      `${at || "the file"} has the unknown key ${JSON.stringify(issue.keys[0])}; nothing here knows what it means, so use a tokenizer without it`,
    );
  const found = issue.path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
  throw new DataError(`${at || "the file"}: ${issue.message}; found ${JSON.stringify(found) ?? "nothing"}`);
}
