/** `tokenizer.json` of a byte-level byte-pair vocabulary, as GPT-2 has it. */

/** Cuts a text into words with the space before them, and writes bytes as visible characters. */
export const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true } as const;

export interface BytePairs {
  /** Entries in the order of their ids. */
  readonly vocabulary: readonly string[];
  /** `left right`, the first ones first. */
  readonly merges: readonly string[];
  readonly specialTokens: readonly (readonly [id: number, content: string])[];
  /** What cuts a text into pieces before pairs are merged. Default: {@link byteLevel}. */
  readonly preTokenizer?: object | undefined;
}

export function bytePairJson({ vocabulary, merges, specialTokens, preTokenizer = byteLevel }: BytePairs): Record<string, unknown> {
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: specialTokens.map(([id, content]) => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true })),
    normalizer: null,
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
      ignore_merges: false,
      vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
      merges,
    },
  };
}
