/** The options that each request knows. A misspelt one would be ignored without a word where no compiler looks. */
import { ConfigError } from "../model/strict-config.ts";
import type { CheckOptions, ExplainOptions, GenerateOptions, GenerateTextOptions, ScoreOptions } from "./answer-options.ts";
import type { BeamOptions } from "./beam-search.ts";
import type { LoadOptions } from "./load-options.ts";
import type { ManyOptions, PromptOptions } from "./prompt-reader.ts";

type Names<Options> = Readonly<Record<keyof Options, true>>;

const supportSet: Names<Required<PromptOptions>> = { signal: true, useMedia: true };
const many: Names<Required<ManyOptions>> = { batch: true };
const generate: Names<Required<GenerateOptions>> = {
  ...supportSet,
  temperature: true,
  topK: true,
  topP: true,
  seed: true,
  alternatives: true,
  maxTokens: true,
  stop: true,
};
const beams: Names<Required<BeamOptions>> = { beams: true, lengthPenalty: true, earlyStopping: true, maxTokens: true, signal: true };
const generateText: Names<Required<GenerateTextOptions>> = { ...generate, ...beams };
const score: Names<Required<ScoreOptions>> = { ...supportSet, complete: true };
const check: Names<Required<CheckOptions>> = { ...score, maxTokens: true, choices: true };
const explain: Names<Required<ExplainOptions>> = { ranges: true, signal: true };
const load: Names<Required<LoadOptions>> = {
  device: true,
  threads: true,
  worker: true,
  maxPixels: true,
  verify: true,
  mapFrom: true,
  read: true,
  onProgress: true,
  signal: true,
};

const known = {
  load,
  supportSet,
  check,
  generate,
  generateText,
  generateTexts: { ...generateText, ...many },
  beamSearch: { ...beams, ...supportSet },
  score,
  scoreMany: { ...score, ...many },
  explain,
} as const;

/** @throws ConfigError naming the options that a request does not have, with those that it has */
export function checkNames(request: keyof typeof known, options: object): void {
  const unknown = Object.keys(options).filter((name) => !Object.hasOwn(known[request], name));
  if (unknown.length > 0)
    throw new ConfigError(
      `${request} has no option ${unknown.map((name) => `"${name}"`).join(", ")}; its options are ${Object.keys(known[request]).join(", ")}`,
    );
}
