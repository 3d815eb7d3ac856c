import smollm2 from "../../recipes/small/model.ts";
import { ggufLanguage, readGgufLanguage } from "../../src/checkpoint/published/gguf/language.ts";
import { openWeightsAt } from "../../src/checkpoint/weights.ts";
import { ModelSessions } from "../../src/generate/model-sessions.ts";
import { parseFlamingoConfig } from "../../src/model/config.ts";
import { Flamingo } from "../../src/model/flamingo.ts";
import { formatsOf } from "../../src/nn/scope.ts";
import type { HostTensor, Runtime } from "../../src/runtime/runtime.ts";

/** A language model from its GGUF file, its matrices in the file's own blocks where there are such. */
export async function ggufSessions(path: string, runtime: Runtime): Promise<ModelSessions> {
  const { file, close } = await openWeightsAt(path);
  const language = await ggufLanguage(file, path);
  const weights = new Map<string, HostTensor>();
  for await (const [name, tensor] of readGgufLanguage(file, language, path, true)) weights.set(name, tensor);
  await close();
  return new ModelSessions(new Flamingo(parseFlamingoConfig({ ...smollm2, language: language.config }), formatsOf(weights)), weights, runtime);
}
