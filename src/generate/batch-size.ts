import type { Flamingo } from "../model/flamingo.ts";

/** Longer steps are not faster, and cannot be interrupted. */
const mostTokens = 512;
/** What a step of reading may take for what lies between the layers, in bytes. At the shape of OpenFlamingo-3B these are 126 tokens; it reads in 30 to 34 ms a token from 48 to 384. */
const stepBytes = 64_000_000;

/** Tokens of all rows together that the language model reads in one run. */
export function stepTokens({ config: { language } }: Flamingo): number {
  const { width, hidden, heads, maxTokens } = language;
  return Math.max(32, Math.min(mostTokens, Math.floor(stepBytes / (4 * (6 * width + 2 * hidden + 3 * heads * maxTokens)))));
}

/** More rows make no product faster. */
const mostRows = 32;
/** What the rows of a batch may take beside the weights, in bytes. At the shape of OpenFlamingo-3B these are 16 rows, whose tokens take as long each as those of 32 (8 rows: half as long again). */
const batchBytes = 512_000_000;
/** Tokens of a row that are reckoned with: a question and its answer. */
const rowTokens = 48;

/** Prompts that are read and answered together unless the caller says how many: each has a cache of its own, and a picture's keys and values, made and fed. */
export function rowsTogether({ config: { language }, fusion, resampler }: Flamingo): number {
  const token = 2 * language.blocks * language.keyHeads * language.headDim;
  const medium = 2 * fusion.count * fusion.heads * resampler.latents * fusion.headDim;
  const bytes = 4 * (rowTokens * token + 2 * medium);
  return Math.max(1, Math.min(mostRows, Math.floor(batchBytes / bytes)));
}
