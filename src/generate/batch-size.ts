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
/** What the rows of a batch may take beside the weights, in bytes. At the shape of OpenFlamingo-3B these are 8 rows: 32 questions took 14.6 s, 14.0 s in sixteens and 15.2 s in fours, with weights of int4-g128. */
const batchBytes = 256_000_000;
/** Tokens of a row that are reckoned with: a question and its answer. */
const rowTokens = 48;

/**
 * Prompts that are read and answered together unless the caller says how many: each has a cache of its own, and a picture's keys and values, made and fed.
 * @param tokens - of a row
 */
export function rowsTogether({ config: { language }, fusion, resampler }: Flamingo, tokens = rowTokens): number {
  const bytes = Math.max(rowTokens, tokens) * tokenBytes(language) + 2 * mediumBytes({ fusion, resampler });
  return Math.max(1, Math.min(mostRows, Math.floor(batchBytes / bytes)));
}

/** What the keys and values of rows may take that a caller asks for, in bytes. */
const askedBytes = 4_000_000_000;

/** Rows of so many tokens that there is room for, however many are asked for. At the shape of OpenFlamingo-3B 339 of 30 tokens. */
export function rowsAtMost({ config: { language } }: Pick<Flamingo, "config">, tokens = rowTokens): number {
  return Math.max(1, Math.floor(askedBytes / (tokens * tokenBytes(language))));
}

/** Keys and values of every block. */
function tokenBytes({ blocks, keyHeads, headDim }: Flamingo["config"]["language"]): number {
  return 4 * 2 * blocks * keyHeads * headDim;
}

/** What the media of a long prompt may take before those that are seen no more are forgotten, in bytes. */
const unreadBytes = 64_000_000;

/** Media that are encoded before what is said about them is read. At the shape of OpenFlamingo-3B 10. */
export function mediaAtOnce(network: Pick<Flamingo, "fusion" | "resampler" | "vision">): number {
  const together = picturesTogether(network);
  return together * Math.max(1, Math.floor(unreadBytes / mediumBytes(network) / together));
}

const mostPictures = 4;
/** What the hidden layer of a ViT's feed-forward part may take for the pictures of a run, in bytes: of more of them it leaves the processor's caches. */
const hiddenBytes = 10_000_000;

/** Pictures that are encoded in one run. ViT-L/14 in w8a8: 310 ms each of one or two, 350 of four, and some 25 MB more for each; nano 10, 8.5 and 7.3 ms. */
export function picturesTogether({ vision: { spatial, width } }: Pick<Flamingo, "vision">): number {
  return Math.max(1, Math.min(mostPictures, Math.floor(hiddenBytes / (4 * 4 * spatial * width))));
}

/** Keys and values of every fusion layer. */
function mediumBytes({ fusion, resampler }: Pick<Flamingo, "fusion" | "resampler">): number {
  return 4 * 2 * fusion.count * fusion.heads * resampler.latents * fusion.headDim;
}
