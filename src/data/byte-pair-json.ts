/** `tokenizer.json` of a byte-level byte-pair vocabulary, as GPT-2 has it. */

/** Cuts a text into words with the space before them, and writes bytes as visible characters. */
export const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true } as const;

export interface BytePairs {
  /** Entries in the order of their ids. */
  readonly vocabulary: readonly string[];
  /** `left right`, or the two, the first ones first. */
  readonly merges: readonly (string | readonly [left: string, right: string])[];
  readonly specialTokens: readonly (readonly [id: number, content: string])[];
  /** Tokens that are looked for in a text as it is written, before anything else. */
  readonly foundInText?: readonly (readonly [id: number, content: string])[];
  /** What cuts a text into pieces before pairs are merged. Default: {@link byteLevel}. */
  readonly preTokenizer?: object | undefined;
  /** What changes a text before that. */
  readonly normalizer?: object | undefined;
  /** Whether a piece that is in the vocabulary is that, whatever merges would make of it. */
  readonly ignoreMerges?: boolean | undefined;
}

export function bytePairJson(pairs: BytePairs): Record<string, unknown> {
  const { vocabulary, merges, specialTokens, foundInText = [], preTokenizer = byteLevel, normalizer = null, ignoreMerges = false } = pairs;
  const added =
    (special: boolean) =>
    ([id, content]: readonly [id: number, content: string]) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special,
    });
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [...specialTokens.map(added(true)), ...foundInText.map(added(false))],
    normalizer,
    pre_tokenizer: preTokenizer,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: ignoreMerges,
      vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
      merges,
    },
  };
}
