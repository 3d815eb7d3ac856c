/** What can be asked for after a prompt, and what cannot be asked for together. */
import { ConfigError } from "../model/strict-config.ts";
import type { BeamOptions } from "./beam-search.ts";
import { type DecodeOptions, defaultMaxTokens } from "./decode.ts";
import { checkRange, ranges } from "./option-range.ts";
import type { PromptOptions } from "./prompt-reader.ts";

export type GenerateOptions = DecodeOptions & PromptOptions;
/** With `beams` of 2 or more beam search finds the answer: it draws nothing, so that `temperature` has to stay 0, and knows no `stop` texts. */
export type GenerateTextOptions = GenerateOptions & Partial<BeamOptions>;

export interface ScoreOptions extends PromptOptions {
  /** Whether a choice must be the whole answer, its end included. Default: true. */
  readonly complete?: boolean;
}

/** Tokens of an answer that follow each other: from the first to before the second. */
export type TokenRange = readonly [from: number, to: number];

export interface ExplainOptions {
  /** Ranges of the answer's tokens to explain. Default: its words. */
  readonly ranges?: readonly TokenRange[];
  readonly signal?: AbortSignal;
}

export interface CheckOptions extends ScoreOptions {
  /** Of the answer that will be asked for. Default: 30. */
  readonly maxTokens?: number;
  /** The choices that will be scored, in place of an answer. */
  readonly choices?: readonly string[];
}

/** Tokens of an answer that the model has to read: the last is only said. @throws ConfigError */
export function answerRoom({ maxTokens = defaultMaxTokens }: Pick<CheckOptions, "maxTokens">): number {
  checkRange("maxTokens", maxTokens, ranges.maxTokens);
  return maxTokens - 1;
}

/** Whether it is beam search that is asked for. @throws ConfigError when options of the other kind of generation are given too */
export function asksForBeams(options: GenerateTextOptions): options is GenerateTextOptions & BeamOptions {
  const { beams = 1, lengthPenalty, earlyStopping, temperature = 0, stop = [] } = options;
  checkRange("beams", beams, ranges.beams);
  if (beams === 1) {
    if (lengthPenalty === undefined && earlyStopping === undefined) return false;
    throw new ConfigError("lengthPenalty and earlyStopping are about beam search: give beams of 2 or more, or leave them out");
  }
  if (temperature === 0 && stop.length === 0) return true;
  throw new ConfigError("beam search draws nothing and does not stop at texts: leave temperature and stop out, or beams");
}
