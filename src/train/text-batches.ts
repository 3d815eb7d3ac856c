/** Rows of text as the language model's training graph wants them. */
import { type InterleavedDocument, type Markers, tokenizeDocument } from "../data/document.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import type { HostTensor } from "../runtime/runtime.ts";

/** One row of a batch. */
export interface Row {
  readonly tokens: readonly number[];
  /** Weight of each token as a label; 0 where it is given. */
  readonly weights: readonly number[];
}

/** Tokens of the rows that are predicted. The first one of a row has nothing before it. */
export function labelsOf(rows: readonly Row[]): number {
  return rows.reduce((sum, { weights }) => sum + weights.reduce((count, weight, position) => count + (position > 0 && weight !== 0 ? 1 : 0), 0), 0);
}

/** Documents one after the other, an empty line between them, until the row is full; the last one is cut. */
export function packRow(next: () => InterleavedDocument<unknown>, length: number, tokenizer: Tokenizer, markers: Markers): Row {
  const separator = tokenizer.encode("\n\n", { continues: true });
  const tokens: number[] = [];
  const weights: number[] = [];
  while (tokens.length < length) {
    if (tokens.length > 0) {
      tokens.push(...separator);
      weights.push(...separator.map(() => 0));
    }
    const document = tokenizeDocument(next(), tokenizer, markers);
    tokens.push(...document.tokens);
    weights.push(...document.learnt.map(Number));
  }
  return { tokens: tokens.slice(0, length), weights: weights.slice(0, length) };
}

/**
 * Feeds `tokens` [batch, tokens], and for every token that is learnt its predecessor's place (`rows`), itself (`labels`) and its weight (`labelWeights`). The
 * last token of a row is only ever a label.
 * @param padding - fills rows that are shorter than the longest
 */
export function batchFeeds(rows: readonly Row[], padding: number): { tokens: HostTensor; rows: HostTensor; labels: HostTensor; labelWeights: HostTensor } {
  const length = Math.max(...rows.map(({ tokens }) => tokens.length)) - 1;
  const tokens = new BigInt64Array(rows.length * length).fill(BigInt(padding));
  const places: number[] = [];
  const labels: number[] = [];
  const weights: number[] = [];
  rows.forEach((row, i) => {
    row.tokens.forEach((token, position) => {
      if (position < length) tokens[i * length + position] = BigInt(token);
      if (position === 0 || row.weights[position] === 0) return;
      places.push(i * length + position - 1);
      labels.push(token);
      weights.push(row.weights[position]!);
    });
  });
  const whole = (values: readonly number[]): HostTensor => ({ dtype: "int64", shape: [values.length], data: BigInt64Array.from(values, BigInt) });
  return {
    tokens: { dtype: "int64", shape: [rows.length, length], data: tokens },
    rows: whole(places),
    labels: whole(labels),
    labelWeights: { dtype: "float32", shape: [weights.length], data: Float32Array.from(weights) },
  };
}
