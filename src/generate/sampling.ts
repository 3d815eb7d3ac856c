import { Random } from "../data/random.ts";
import { largest, logProbabilities } from "./log-probabilities.ts";
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

/** @throws ConfigError when an option is out of its range */
export function checkSampling({ temperature, topK, topP, seed, alternatives }: SamplingOptions): void {
  for (const [name, value] of Object.entries({ temperature, topK, topP, seed, alternatives })) checkRange(name, value, ranges[name as keyof SamplingOptions]);
}

/** @throws as {@link checkSampling} */
export function createSampler(options: SamplingOptions): (logits: Float32Array) => ChosenToken {
  checkSampling(options);
  const { temperature = 0, topK, topP, seed = 0, alternatives = 0 } = options;
  const random = new Random("sampling", seed);
  const draw = (own: Float32Array): number => {
    if (temperature === 0) return largest(own, 1)[0]!;
    // From the likeliest down, so that a temperature near 0 divides nothing into Infinity but what it leaves no chance.
    const likeliest = own.reduce((highest, value) => Math.max(highest, value));
    const scaled = logProbabilities(own.map((value) => (value - likeliest) / temperature));
    // To sort a whole vocabulary takes as long as a small model's step.
    if (topK === undefined && topP === undefined) return random.place(new Float64Array(scaled.length).map((_, token) => Math.exp(scaled[token]!)));
    const candidates = nucleus(scaled, largest(scaled, topK ?? scaled.length), topP);
    return candidates[random.place(Float64Array.from(candidates, (token) => Math.exp(scaled[token]!)))]!;
  };
  return (logits) => {
    const own = logProbabilities(logits);
    const told = (token: number): TokenProbability => ({ token, logProbability: own[token]! });
    return { ...told(draw(own)), ...(alternatives > 0 ? { alternatives: largest(own, alternatives).map(told) } : {}) };
  };
}

/** The first of the sorted tokens that together reach the probability. */
function nucleus(logProbability: Float32Array, sorted: readonly number[], topP: number | undefined): readonly number[] {
  if (topP === undefined) return sorted;
  let total = 0;
  let count = 0;
  for (const token of sorted) {
    total += Math.exp(logProbability[token]!);
    count += 1;
    if (total >= topP) break;
  }
  return sorted.slice(0, count);
}
