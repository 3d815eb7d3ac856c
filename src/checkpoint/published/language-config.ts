/** A language model's `config.json`, as Hugging Face transformers 4 and 5 write it, becomes a config of ours. */
import { type LanguageConfig, languageConfig } from "../../model/language/config.ts";
import { parseConfig } from "../../model/strict-config.ts";
import { CheckpointError } from "../errors.ts";
import type { LanguageFamily } from "./language/family.ts";
import { gemmaFamily } from "./language/gemma.ts";
import { gpt2Family } from "./language/gpt2.ts";
import { llamaFamily } from "./language/llama.ts";
import { mosaicFamily, mptFamily } from "./language/mpt.ts";
import { neoxFamily } from "./language/neox.ts";
import { olmo2Family } from "./language/olmo2.ts";
import { optFamily } from "./language/opt.ts";
import { phi3Family } from "./language/phi3.ts";
import { qwenFamily } from "./language/qwen.ts";
import { smollm3Family } from "./language/smollm3.ts";
import { refuseOtherArchitecture } from "./other-architectures.ts";

const families: readonly LanguageFamily[] = [
  ...[mptFamily, mosaicFamily, neoxFamily, llamaFamily, optFamily, gpt2Family],
  ...[qwenFamily, gemmaFamily, phi3Family, olmo2Family, smollm3Family],
];

const familyOf = new Map(families.flatMap((family) => Object.keys(family.configs).map((type) => [type, family])));

/**
 * @param published - the content of a `config.json`
 * @param name - what errors call it
 * @throws CheckpointError when the family is none of ours; ConfigError when a key is not known, or an option is one that we do not compute
 */
export function publishedLanguageConfig(published: unknown, name: string): { family: LanguageFamily; config: LanguageConfig } {
  const type = (published as { model_type?: unknown } | null)?.model_type;
  const family = typeof type === "string" ? familyOf.get(type) : undefined;
  if (family === undefined) refuseOtherArchitecture(type, name);
  if (family === undefined)
    throw new CheckpointError(`${name}: language models of type ${JSON.stringify(type)} are not supported; supported are ${[...familyOf.keys()].join(", ")}`);
  return { family, config: parseConfig(languageConfig, parseConfig(family.configs[type as string]!, published, name), name) };
}
