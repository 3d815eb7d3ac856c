import smollm2 from "../../recipes/small/model.ts";
import { ggufLanguage, readGgufLanguage } from "../../src/checkpoint/published/gguf/language.ts";
import { openWeightsAt } from "../../src/checkpoint/weights.ts";
import { ModelSessions } from "../../src/generate/model-sessions.ts";
import { parseFlamingoConfig } from "../../src/model/config.ts";
import { Flamingo } from "../../src/model/flamingo.ts";
import { formatsOf } from "../../src/nn/scope.ts";
import type { HostTensor, Runtime } from "../../src/runtime/runtime.ts";
import { smollm2File } from "../../tools/smollm2-file.ts";

/** SmolLM2-135M from its GGUF file, its matrices in the file's own blocks. */
export async function smollm2Sessions(runtime: Runtime): Promise<ModelSessions> {
  const { file, close } = await openWeightsAt(smollm2File);
  const language = await ggufLanguage(file, smollm2File);
  const weights = new Map<string, HostTensor>();
  for await (const [path, tensor] of readGgufLanguage(file, language, smollm2File, true)) weights.set(path, tensor);
  await close();
  return new ModelSessions(new Flamingo(parseFlamingoConfig({ ...smollm2, language: language.config }), formatsOf(weights)), weights, runtime);
}
