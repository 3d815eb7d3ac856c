/** Texts of pairs as the text tower takes them. */
import type { Tokenizer } from "./tokenizer.ts";

/** Special tokens that a text tower knows, as BERT's `[CLS]`, `[SEP]` and `[PAD]`. */
export interface CaptionMarkers {
  /** Stands before each text. */
  readonly start?: string | undefined;
  /** Stands after it, also after one that is cut. */
  readonly end?: string | undefined;
  readonly padding: string;
}

/** Rows of tokens, padded on the right to the longest. */
export interface TokenRows {
  /** [rows, length] */
  readonly tokens: BigInt64Array;
  readonly length: number;
  /** Tokens of each row that are not padding. */
  readonly lengths: BigInt64Array;
}

/** @param most - tokens, markers counted: what is longer is cut @returns none where the text is empty */
export function captionTokens(text: string, tokenizer: Tokenizer, { start, end }: CaptionMarkers, most: number): number[] {
  const around = [start, end].map((marker) => (marker === undefined ? [] : [tokenizer.special(marker)])) as [number[], number[]];
  const inner = tokenizer.encode(text.trim(), { continues: start !== undefined }).slice(0, most - around[0].length - around[1].length);
  return inner.length === 0 ? [] : [...around[0], ...inner, ...around[1]];
}

/** @param rows - at least one */
export function tokenRows(rows: readonly (readonly number[])[], padding: number): TokenRows {
  const length = rows.reduce((most, row) => Math.max(most, row.length), 0);
  const tokens = new BigInt64Array(rows.length * length).fill(BigInt(padding));
  rows.forEach((row, i) => {
    row.forEach((token, place) => {
      tokens[i * length + place] = BigInt(token);
    });
  });
  return { tokens, length, lengths: BigInt64Array.from(rows, (row) => BigInt(row.length)) };
}
