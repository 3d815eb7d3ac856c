/** The vocabulary in a GGUF file's metadata, as a `tokenizer.json`. */
import { byteLevel, bytePairJson } from "../../../data/byte-pair-json.ts";
import type { Markers } from "../../../data/document.ts";
import { parseConfig } from "../../../model/strict-config.ts";
import { CheckpointError } from "../../errors.ts";
import type { WeightFile } from "../../weight-file.ts";
import { keys, publishedObject } from "../published-object.ts";

/** What cuts a text into pieces before byte pairs are merged, by llama.cpp's names. */
const preTokenizers: Readonly<Record<string, object>> = {
  "gpt-2": byteLevel,
  smollm: { type: "Sequence", pretokenizers: [{ type: "Digits", individual_digits: true }, byteLevel] },
};

/** Token types of the format: what text can become, and what no text does and stands for none. */
const normal = 1;
const textless: ReadonlySet<unknown> = new Set([2, 3, 5]); // unknown, control, unused
/** Types that have a meaning of their own, which is not supported. */
const refused: ReadonlyMap<unknown, string> = new Map([
  [4, "tokens that text is searched for"],
  [6, "tokens for single bytes"],
]);

/** A model's special tokens in the order in which training adds those that a vocabulary lacks. */
export function addedMarkers({ image, endOfChunk }: Markers): readonly string[] {
  return [image, endOfChunk];
}

/** Beside what is read below. The markers of flamingo.json decide where special tokens are, and prompts what is said around a text. */
const other = publishedObject({
  read: {},
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
    "tokenizer.ggml.add_space_prefix": [false],
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
 * @throws CheckpointError when the vocabulary is missing, damaged, or of a kind other than GPT-2's byte pairs; ConfigError when a key is not known, or an option is one that we do not follow
 */
export function ggufTokenizer({ metadata }: Pick<WeightFile, "metadata">, name: string, added: readonly string[] = []): Record<string, unknown> {
  const fail = (problem: string): never => {
    throw new CheckpointError(`${name}: ${problem}`);
  };
  const kind = metadata["tokenizer.ggml.model"];
  if (kind !== "gpt2")
    fail(`its vocabulary is of the kind ${JSON.stringify(kind)}; supported is gpt2 (byte pairs). Give the model's own tokenizer.json instead`);
  // A template may have a name.
  const keys = Object.entries(metadata).filter(([key]) => key.startsWith("tokenizer.") && !key.startsWith("tokenizer.chat_template."));
  parseConfig(other, Object.fromEntries(keys), name);
  const cut = metadata["tokenizer.ggml.pre"];
  const preTokenizer = typeof cut === "string" && Object.hasOwn(preTokenizers, cut) ? preTokenizers[cut] : undefined;
  if (preTokenizer === undefined)
    fail(
      `its text is cut into pieces by the rule ${JSON.stringify(cut)}; supported are ${Object.keys(preTokenizers).join(", ")}. Give the model's own tokenizer.json instead`,
    );
  const texts = (key: string): readonly string[] => {
    const value = metadata[`tokenizer.ggml.${key}`];
    const good = Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === "string");
    return good ? (value as string[]) : fail(`its metadata has no list of texts under tokenizer.ggml.${key}; the file holds no vocabulary or is damaged`);
  };
  const tokens = texts("tokens");
  const merges = texts("merges");
  const types = metadata["tokenizer.ggml.token_type"];
  if (!Array.isArray(types) || types.length !== tokens.length)
    return fail(`tokenizer.ggml.token_type should have ${tokens.length} entries, one for each token; the file is damaged`);
  for (const [id, token] of tokens.entries()) {
    const meaning = refused.get(types[id]);
    if (meaning !== undefined)
      fail(`its vocabulary has ${meaning} (${JSON.stringify(token)}), which are not supported. Give the model's own tokenizer.json instead`);
    if (types[id] !== normal && !textless.has(types[id]))
      fail(`the token ${JSON.stringify(token)} is of the type ${types[id]}, which the format does not know; the file is damaged`);
  }
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const twice = tokens.find((token, id) => ids.get(token) !== id);
  if (twice !== undefined) fail(`its vocabulary has ${JSON.stringify(twice)} twice; the file is damaged`);
  const specials = [...tokens.entries()].filter(([id]) => textless.has(types[id]));
  const known = new Set(specials.map(([, content]) => content));
  added.filter((content) => !known.has(content)).forEach((content, i) => specials.push([tokens.length + i, content]));
  return bytePairJson({ vocabulary: tokens, merges, specialTokens: specials, preTokenizer });
}
