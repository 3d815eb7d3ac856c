/** A language model as Hugging Face transformers saves it: a `config.json` and files of weights. */
import type { LanguageConfig } from "../../model/language/config.ts";
import { publishedLanguageConfig } from "./language-config.ts";
import { languageWeights, namesIn } from "./language-weights.ts";
import type { PublishedShapes } from "./published-model.ts";
import type { WeightMap } from "./weight-map.ts";

export interface PublishedLanguage {
  readonly config: LanguageConfig;
  /** Where each `language.*` weight is. */
  readonly weights: WeightMap;
}

/**
 * @param json - the content of its `config.json`
 * @param name - what errors call it
 * @throws CheckpointError when the family is none of ours; ConfigError when an option is one that we do not compute
 */
export function publishedLanguage(json: unknown, published: PublishedShapes, name: string): PublishedLanguage {
  const { family, config } = publishedLanguageConfig(json, name);
  return { config, weights: languageWeights(family, config, namesIn(family, published)) };
}
