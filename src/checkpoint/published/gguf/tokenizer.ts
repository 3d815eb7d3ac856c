/** The vocabulary in a GGUF file's metadata, as a `tokenizer.json`. */

import * as z from "zod";
import { bytePairJson } from "../../../data/byte-pair-json.ts";
import type { Markers } from "../../../data/document.ts";
import { parseConfig } from "../../../model/strict-config.ts";
import { CheckpointError } from "../../errors.ts";
import type { Fail } from "../../places.ts";
import type { WeightFile } from "../../weight-file.ts";
import { keys, publishedObject } from "../published-object.ts";
import { preTokenizerNames, preTokenizingOf } from "./pre-tokenizers.ts";
import { sentencePieceJson } from "./sentence-pieces.ts";

/** Token types of the format: what text becomes by merging, what no text does and stands for none, what is found in text, and single bytes. */
const normal = 1;
const textless: ReadonlySet<unknown> = new Set([2, 3, 5]); // unknown, control, unused
const unknown = 2;
const found = 4;
const byte = 6;

/** A model's special tokens in the order in which training adds those that a vocabulary lacks. */
export function addedMarkers({ image, endOfChunk }: Markers): readonly string[] {
  return [image, endOfChunk];
}

/** Beside what is read below. The markers of flamingo.json decide where special tokens are, and prompts what is said around a text. */
const other = publishedObject({
  read: { "tokenizer.ggml.add_space_prefix": z.boolean().optional() },
  nothing: [
    ...keys("model pre tokens merges token_type scores token_type_count add_bos_token add_eos_token add_sep_token").map((key) => `tokenizer.ggml.${key}`),
    ...keys("bos eos eot eom unknown seperator separator padding cls mask", "prefix suffix middle fim_pre fim_suf fim_mid fim_pad fim_rep fim_sep").map(
      (name) => `tokenizer.ggml.${name}_token_id`,
    ),
    // The same vocabulary a second time.
    "tokenizer.huggingface.json",
    ...keys("tokenizer.chat_template tokenizer.chat_templates"),
  ],
  only: {
    "tokenizer.ggml.remove_extra_whitespaces": [false],
    "tokenizer.ggml.precompiled_charsmap": [[]],
    "tokenizer.ggml.normalizer.lowercase": [false],
    "tokenizer.ggml.normalizer.strip_accents": [false],
    "tokenizer.ggml.suppress_tokens": [[]],
  },
});

/**
 * @param name - what errors call the file
 * @param added - special tokens that the model shall have beside the file's own; those that it lacks come after its entries
 * @returns the content of a `tokenizer.json`
 * @throws CheckpointError when the vocabulary is missing, damaged, or of a kind that is not supported; ConfigError when a key is not known, or an option is one that we do not follow
 */
export function ggufTokenizer({ metadata }: Pick<WeightFile, "metadata">, name: string, added: readonly string[] = []): Record<string, unknown> {
  const fail: Fail = (problem) => {
    throw new CheckpointError(`${name}: ${problem}`);
  };
  const kind = metadata["tokenizer.ggml.model"];
  if (kind !== "gpt2" && kind !== "llama")
    return fail(
      `its vocabulary is of the kind ${JSON.stringify(kind)}; supported are gpt2 (byte pairs) and llama (SentencePiece's byte pairs). Give the model's own tokenizer.json instead`,
    );
  // A template may have a name.
  const keys = Object.entries(metadata).filter(([key]) => key.startsWith("tokenizer.") && !key.startsWith("tokenizer.chat_template."));
  const { "tokenizer.ggml.add_space_prefix": spaceBefore } = parseConfig(other, Object.fromEntries(keys), name);
  const tokens = listOf(metadata, "tokens", isText, fail);
  const types = listOf(metadata, "token_type", isNumber, fail);
  if (types.length !== tokens.length) fail(`tokenizer.ggml.token_type should have ${tokens.length} entries, one for each token; the file is damaged`);
  for (const [id, token] of tokens.entries()) {
    const type = types[id]!;
    if (type === byte && kind === "gpt2")
      fail(`its vocabulary has tokens for single bytes (${JSON.stringify(token)}), which are not supported. Give the model's own tokenizer.json instead`);
    if (![normal, found, byte].includes(type) && !textless.has(type))
      fail(`the token ${JSON.stringify(token)} is of the type ${type}, which the format does not know; the file is damaged`);
  }
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const twice = tokens.find((token, id) => ids.get(token) !== id);
  if (twice !== undefined) fail(`its vocabulary has ${JSON.stringify(twice)} twice; the file is damaged`);
  const entries = [...tokens.entries()];
  const specials = entries.filter(([id]) => textless.has(types[id]));
  const known = new Set(specials.map(([, content]) => content));
  added.filter((content) => !known.has(content)).forEach((content, i) => specials.push([tokens.length + i, content]));
  const pairs = { vocabulary: tokens, specialTokens: specials, foundInText: entries.filter(([id]) => types[id] === found) };
  const rule = metadata["tokenizer.ggml.pre"];
  const refuseRule = (supported: readonly string[]): never =>
    fail(`its text is cut into pieces by the rule ${JSON.stringify(rule)}; supported are ${supported.join(", ")}. Give the model's own tokenizer.json instead`);
  if (kind === "llama") {
    if (rule !== undefined && rule !== "default") refuseRule(["default"]);
    const scores = listOf(metadata, "scores", isNumber, fail);
    if (scores.length !== tokens.length) fail(`tokenizer.ggml.scores should have ${tokens.length} entries, one for each token; the file is damaged`);
    return sentencePieceJson({
      ...pairs,
      scores,
      isPiece: (id) => types[id] === normal,
      unknown: tokens.find((_, id) => types[id] === unknown),
      spaceBefore: spaceBefore ?? true,
    });
  }
  if (spaceBefore === true)
    fail('"tokenizer.ggml.add_space_prefix": a space before each text is not supported with byte pairs. Give the model\'s own tokenizer.json instead');
  const cutting = preTokenizingOf(rule) ?? refuseRule(preTokenizerNames);
  return bytePairJson({ ...pairs, merges: listOf(metadata, "merges", isText, fail), ...cutting });
}

function listOf<Value extends string | number>(
  metadata: WeightFile["metadata"],
  key: string,
  isValue: (value: unknown) => value is Value,
  fail: Fail,
): readonly Value[] {
  const list = metadata[`tokenizer.ggml.${key}`];
  const good = Array.isArray(list) && list.length > 0 && list.every(isValue);
  return good
    ? (list as Value[])
    : fail(`its metadata have no list under tokenizer.ggml.${key}, or one of other values; the file holds no vocabulary or is damaged`);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}
