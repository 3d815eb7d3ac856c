/** The language model of a folder of our own form in the GGUF file that it was published in. */
import { platform } from "#checkpoint-platform";
import type { Markers } from "../data/document.ts";
import type { LanguageConfig } from "../model/language/config.ts";
import type { HostTensor } from "../runtime/runtime.ts";
import { checkHash } from "./folder-files.ts";
import type { OwnPart } from "./own-part.ts";
import { addedMarkers, ggufTokenizer } from "./published/gguf/tokenizer.ts";
import { openGgufPart } from "./published/open-part.ts";
import { completedConfig } from "./same-config.ts";
import { openWeightsAt } from "./weights.ts";

/**
 * Its matrices stay in the blocks that they are stored in.
 * @param stated - what flamingo.json says of the language model
 * @throws CheckpointError when it is damaged, changed or another model
 */
export async function readGgufPart(path: string, sha256: string, stated: LanguageConfig): Promise<OwnPart> {
  checkHash(path, await platform.sha256(path), sha256);
  const opened = await openWeightsAt(path);
  try {
    const part = await openGgufPart("language", opened, path);
    completedConfig("language", part.config!, stated, path);
    const weights = new Map<string, HostTensor>();
    for await (const [name, tensor] of part.read(true)) weights.set(name, tensor);
    return { weights, stored: opened.file.weights, bytes: opened.bytes };
  } finally {
    await opened.close();
  }
}

/** The vocabulary in such a file, with the markers that it lacks after its own entries. @throws CheckpointError when it holds none that is supported */
export async function readGgufTokenizer(path: string, markers: Markers): Promise<unknown> {
  const { file, close } = await openWeightsAt(path);
  try {
    return ggufTokenizer(file, path, addedMarkers(markers));
  } finally {
    await close();
  }
}
