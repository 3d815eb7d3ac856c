import { DataError } from "../data/errors.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import type { AnswerStart } from "./decode.ts";
import { logProbabilities } from "./log-probabilities.ts";

export interface ScoredChoice {
  readonly text: string;
  /** Natural logarithm of the probability of the whole text. */
  readonly logProbability: number;
  readonly tokens: number;
}

/** The probability of each choice where one of them is the answer: together they have 1. */
export function sharesOf(scored: readonly Pick<ScoredChoice, "logProbability">[]): number[] {
  const highest = Math.max(...scored.map(({ logProbability }) => logProbability));
  const weights = scored.map(({ logProbability }) => Math.exp(logProbability - highest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/**
 * How likely each continuation is. What the choices of a row share is read once; the choices are read together.
 * @param choices - of each row
 * @param complete - whether the text must be the whole answer: the end of the chunk is counted too
 */
export async function scoreChoices(
  { context, logits, tokenizer, endOfChunk }: AnswerStart,
  choices: readonly (readonly string[])[],
  complete: boolean,
  signal?: AbortSignal,
): Promise<ScoredChoice[][]> {
  const texts = choices.map((row) => choiceTokens(row, tokenizer, complete ? [endOfChunk] : []));
  const longer = texts.map((row) => row.filter((tokens) => tokens.length > 1));
  const later = await context.readBranches(
    longer.map((row) => row.map((tokens) => tokens.slice(0, -1))),
    signal,
  );
  return choices.map((row, i) => {
    const first = logProbabilities(logits[i]!);
    return row.map((text, choice) => {
      const tokens = texts[i]![choice]!;
      const scores = later[i]![longer[i]!.indexOf(tokens)] ?? [];
      const logProbability = tokens.slice(1).reduce((sum, token, at) => sum + logProbabilities(scores[at]!)[token]!, first[tokens[0]!]!);
      return { text, logProbability, tokens: tokens.length };
    });
  });
}

/** Tokens of each choice. @param end - what follows every choice @throws DataError when there is none, or an empty one */
export function choiceTokens(choices: readonly string[], tokenizer: Tokenizer, end: readonly number[]): number[][] {
  if (choices.length === 0) throw new DataError("there are no choices to score");
  const texts = choices.map((text) => [...tokenizer.encode(text, { continues: true }), ...end]);
  const empty = texts.findIndex(({ length }) => length === 0);
  if (empty >= 0) throw new DataError(`choice ${empty + 1} is empty`);
  return texts;
}
