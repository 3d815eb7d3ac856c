import { Random } from "../data/random.ts";
import { exponentials, finiteHighestOf, largest } from "./log-probabilities.ts";
import { checkRange, ranges } from "./option-range.ts";

export interface SamplingOptions {
  /** 0 (default): always the likeliest token. Above: scores are divided by it before a token is drawn. */
  readonly temperature?: number;
  /** Draw among so many likeliest tokens only. */
  readonly topK?: number;
  /** Draw among the likeliest tokens that together have this probability. */
  readonly topP?: number;
  /** The same seed draws the same tokens. Default: 0. */
  readonly seed?: number;
  /** How many of the likeliest tokens are told beside each one. Default: 0. */
  readonly alternatives?: number;
}

/** A token that might have come. */
export interface TokenProbability {
  readonly token: number;
  /** Natural logarithm of the model's probability for it, whatever the temperature. */
  readonly logProbability: number;
}

export interface ChosenToken extends TokenProbability {
  /** Where they were asked for, the likeliest first. */
  readonly alternatives?: readonly TokenProbability[];
}

/** Looked at before all are. */
const fewTokens = 64;

/** @throws ConfigError when an option is out of its range */
export function checkSampling({ temperature, topK, topP, seed, alternatives }: SamplingOptions): void {
  for (const [name, value] of Object.entries({ temperature, topK, topP, seed, alternatives })) checkRange(name, value, ranges[name as keyof SamplingOptions]);
}

/** @throws as {@link checkSampling} */
export function createSampler(options: SamplingOptions): (logits: Float32Array) => ChosenToken {
  checkSampling(options);
  const { temperature = 0, topK, topP, seed = 0, alternatives = 0 } = options;
  const random = new Random("sampling", seed);
  // One array for all tokens: a new one for each would have the collector look through the whole heap every few hundred tokens.
  let chances = new Float64Array(0);
  const draw = (logits: Float32Array): number => {
    if (topK === undefined && topP === undefined) return random.place(chances);
    const candidates = likeliest(logits, chances, topK ?? logits.length, topP);
    return candidates[random.place(Float64Array.from(candidates, (token) => chances[token]!))]!;
  };
  return (logits) => {
    const highest = finiteHighestOf(logits);
    let token: number;
    let total: number | undefined;
    if (temperature === 0) token = largest(logits, 1)[0]!;
    else {
      if (chances.length !== logits.length) chances = new Float64Array(logits.length);
      // In proportion to the probabilities at this temperature; the likeliest has 1, so that a temperature near 0 divides nothing into Infinity but what it leaves no chance.
      const sum = exponentials(logits, highest, temperature, chances);
      if (temperature === 1) total = sum;
      token = draw(logits);
    }
    const shift = highest + Math.log(total ?? exponentials(logits, highest));
    const told = (place: number): TokenProbability => ({ token: place, logProbability: Math.fround(logits[place]! - shift) });
    return { ...told(token), ...(alternatives > 0 ? { alternatives: largest(logits, alternatives).map(told) } : {}) };
  };
}

/** The likeliest tokens, at most `most`: as few as together have the probability `topP`, sorted. */
function likeliest(logits: Float32Array, chances: Float64Array, most: number, topP: number | undefined): readonly number[] {
  if (topP === undefined) return largest(logits, most);
  const wanted = topP * chances.reduce((sum, chance) => sum + chance, 0);
  // To sort a whole vocabulary takes as long as a small model's step, and few tokens mostly have the share.
  for (let count = Math.min(most, fewTokens); ; count = most) {
    const sorted = largest(logits, count);
    let kept = 0;
    for (let total = 0; kept < sorted.length && total < wanted; kept++) total += chances[sorted[kept]!]!;
    if (kept < sorted.length || count === most) return sorted.slice(0, kept);
  }
}
