import type { ModelFolder } from "../checkpoint/model-folder.ts";
import { DataError } from "../data/errors.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import type { ExplainOptions, TokenRange } from "./answer-options.ts";
import type { ExplainedLayer, ExplainedToken, ExplainedWord, Explanation, LayerLook, Look, WordLook } from "./explanation.ts";
import { logProbabilities } from "./log-probabilities.ts";
import type { MediaEncoder } from "./media-encoder.ts";
import type { ModelSessions } from "./model-sessions.ts";
import type { ObservedLayer } from "./observed-tokens.ts";
import type { ObservedAnswer, Prompt, PromptReader } from "./prompt-reader.ts";
import { type TracedMedium, traceMedium } from "./trace-media.ts";

/** What explaining needs of a model. */
export interface ExplainingModel {
  readonly sessions: ModelSessions;
  readonly prompts: PromptReader;
  readonly encoder: MediaEncoder;
  readonly folder: Pick<ModelFolder, "tokenizer" | "preprocessing">;
}

/** What `Flamingo.explain` says. */
export async function explainAnswer(
  prompt: Prompt,
  answer: string | readonly number[],
  { ranges, signal }: ExplainOptions,
  { sessions, prompts, encoder, folder: { tokenizer, preprocessing } }: ExplainingModel,
): Promise<Explanation> {
  const { language, fusion } = sessions.network.config;
  const ids = answerTokens(answer, tokenizer, language.vocabulary + language.extraTokens);
  if (ranges !== undefined) checkRanges(ranges, ids.length);
  // That nothing can be traced is told before anything is read.
  await sessions.resamplerAttention();
  const seen = await prompts.observe(prompt, ids, signal);
  const media: TracedMedium[] = [];
  for (const { index, medium } of seen.media) {
    signal?.throwIfAborted();
    media.push(await traceMedium(index, medium, { sessions, encoder, preprocessing }));
  }
  const { scores, layers } = seen.observed;
  const tokens = explainedTokens(ids, scores, tokenizer);
  return {
    tokens,
    layers: layers.map(explainedLayer),
    gateScale: fusion.gateScale,
    media: media.map(({ explained }) => explained),
    words: (ranges ?? wordRanges(tokens)).map((range) => explainedWord(range, tokens, seen, media)),
  };
}

/** The answer as tokens. @throws DataError when there is nothing, or what is no token */
function answerTokens(answer: string | readonly number[], tokenizer: Tokenizer, entries: number): readonly number[] {
  const tokens = typeof answer === "string" ? tokenizer.encode(answer, { continues: true }) : answer;
  const other = tokens.find((token) => !(Number.isInteger(token) && token >= 0 && token < entries));
  if (other !== undefined) throw new DataError(`the answer's token ${other} does not exist: tokens are whole numbers from 0 to ${entries - 1}`);
  if (tokens.length === 0) throw new DataError("the answer is empty: there is no word to explain");
  return tokens;
}

/** @throws DataError when a range is not one of the answer's tokens */
function checkRanges(ranges: readonly TokenRange[], tokens: number): void {
  for (const [from, to] of ranges)
    if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from < to && to <= tokens))
      throw new DataError(`the answer has no tokens from ${from} to before ${to}: it has ${tokens}, from 0 to before ${tokens}`);
}

/** @param scores - of what comes at each place: float32 [tokens][vocabulary] */
function explainedTokens(tokens: readonly number[], scores: readonly Float32Array[], tokenizer: Tokenizer): ExplainedToken[] {
  const decoding = tokenizer.decoding();
  const texts = tokens.map((token) => decoding.push(token));
  texts[texts.length - 1] += decoding.end();
  return tokens.map((token, i) => ({ token, text: texts[i]!, logProbability: logProbabilities(scores[i]!)[token]! }));
}

/** A word has the white space before it, or begins after some. Tokens without text of their own begin a character that a later one ends. */
export function wordRanges(tokens: readonly Pick<ExplainedToken, "text">[]): TokenRange[] {
  const starts = [0];
  let [from, text] = [0, ""]; // where the next token's text begins, and what there is of the word
  for (const [i, token] of tokens.entries()) {
    if (token.text === "") continue;
    if (/\S/.test(text) && (/^\s/.test(token.text) || /\s$/.test(text))) {
      starts.push(from);
      text = "";
    }
    text += token.text;
    from = i + 1;
  }
  if (!/\S/.test(text) && starts.length > 1) starts.pop(); // white space at the end belongs to the last word
  return starts.map((start, i) => [start, starts[i + 1] ?? tokens.length]);
}

function explainedLayer({ block, gates: { attention, feedForward } }: ObservedLayer): ExplainedLayer {
  return { block, gates: { attention: [...attention], ...(feedForward === undefined ? {} : { feedForward: [...feedForward] }) } };
}

/** @param media - those that the answer sees, in the order of `answer.media` */
function explainedWord(
  [from, to]: TokenRange,
  tokens: readonly ExplainedToken[],
  { observed, others }: ObservedAnswer,
  media: readonly TracedMedium[],
): ExplainedWord {
  const word = tokens.slice(from, to);
  const seen = others + media.length;
  const layers = observed.layers.map((layer) => headsOf(layer, [from, to], seen, media[0]!.explained.latents.length));
  const looks = media.map(
    (medium, i): WordLook =>
      lookAt(
        medium,
        layers.map((heads) => heads.map((bySeen) => bySeen[others + i]!)),
      ),
  );
  return {
    text: word.map(({ text }) => text).join(""),
    from,
    to,
    logProbability: word.reduce((sum, { logProbability }) => sum + logProbability, 0),
    media: looks,
    supportSet: mean(layers.flatMap((heads) => heads.map((bySeen) => sum(bySeen.slice(0, others).flat())))),
  };
}

/** The mean over some tokens: [heads][seen][latents]. */
function headsOf({ attention }: ObservedLayer, [from, to]: TokenRange, seen: number, latents: number): number[][][] {
  const some = attention.slice(from, to);
  const averaged = Array.from(some[0]!, (_, i) => mean(some.map((weights) => weights[i]!)));
  return inPieces(averaged, seen * latents).map((head) => inPieces(head, latents));
}

/** @param layers - weights of the medium's latents, [layers][heads][latents] */
function lookAt({ explained: { index }, originOf }: TracedMedium, layers: readonly (readonly (readonly number[])[])[]): WordLook {
  const look = (latents: readonly number[]): Look => ({ share: sum(latents), latents, ...originOf(latents) });
  const looks = layers.map((heads): LayerLook => ({ heads, ...look(meanOf(heads)) }));
  return { index, layers: looks, average: look(meanOf(looks.map(({ latents }) => latents))) };
}

function inPieces(values: readonly number[], size: number): number[][] {
  return Array.from({ length: values.length / size }, (_, i) => values.slice(i * size, (i + 1) * size));
}

function meanOf(rows: readonly (readonly number[])[]): number[] {
  return rows[0]!.map((_, i) => mean(rows.map((row) => row[i]!)));
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
