import type { Answer } from "./peer.ts";

/** Tokens of an example: the picture's, words, and the end of chunk. */
const chunk_tokens = 24;

export interface Case {
  readonly name: string;
  /** What the reference is told. */
  readonly reference: Answer;
  /** What ours is told. */
  readonly ours: Answer;
  /** Takes minutes on both sides. */
  readonly long?: boolean;
  /** Times the reference's seconds that it would take for the whole case; 1 where it does the whole case. */
  readonly share?: number;
  /** What must be reached: the reference's seconds over ours. */
  readonly targets: readonly { readonly over: "best" | "float32" | "bfloat16"; readonly atLeast: number }[];
}

/** Four shots and the query; the last chunk has no end. */
export const prefillTokens = 5 * chunk_tokens - 1;
export const prefillCase = `prefill of a 4-shot prompt (${prefillTokens} tokens)`;

/** What ours is told of decoding. */
export const decodeRequest: Answer = { case: "decode", chunks: 5, chunkTokens: chunk_tokens, newTokens: 16 };

export const cases: readonly Case[] = [
  encode(1),
  {
    name: prefillCase,
    reference: { case: "prefill", chunks: 5, chunk_tokens },
    ours: { case: "prefill", chunks: 5, chunkTokens: chunk_tokens },
    targets: [{ over: "best", atLeast: 1.5 }],
  },
  {
    name: "decode, one sequence, per token",
    reference: { case: "decode", chunks: 5, chunk_tokens, new_tokens: 16 },
    ours: decodeRequest,
    targets: [
      { over: "float32", atLeast: 5 },
      { over: "bfloat16", atLeast: 2.5 },
    ],
  },
  encode(32),
  {
    name: "query against a 32-shot support set, answer of 8 tokens",
    reference: { case: "answer", chunks: 33, chunk_tokens, new_tokens: 8 },
    ours: { case: "query", shots: 32, queries: 1, chunkTokens: chunk_tokens, newTokens: 8 },
    long: true,
    targets: [{ over: "best", atLeast: 20 }],
  },
  {
    name: "100 queries against one 8-shot support set, batched, answers of 8 tokens",
    // Four of them, batched: the reference does for each what it does for four, so a hundred take 25 times that.
    reference: { case: "answer", chunks: 9, chunk_tokens, new_tokens: 8, rows: 4 },
    share: 25,
    long: true,
    ours: { case: "query", shots: 8, queries: 100, chunkTokens: chunk_tokens, newTokens: 8 },
    targets: [{ over: "best", atLeast: 20 }],
  },
];

function encode(pictures: number): Case {
  return {
    name: `encode ${pictures} ${pictures === 1 ? "image" : "images"}`,
    reference: { case: "encode", pictures },
    ours: { case: "encode", pictures },
    long: pictures > 1,
    targets: [{ over: "float32", atLeast: 1 }],
  };
}
