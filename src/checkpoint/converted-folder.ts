/** A model folder with its weights stored otherwise. */
import { type FlamingoPart, flamingoParts, Flamingo as Network, partOf } from "../model/flamingo.ts";
import { formatsOf, type WeightFormats } from "../nn/scope.ts";
import type { HostTensor } from "../runtime/runtime.ts";
import { convertWeights } from "./convert-weights.ts";
import { hexDigest } from "./digest.ts";
import { CheckpointError } from "./errors.ts";
import { float16ToFloat32, float32ToFloat16 } from "./half.ts";
import type { ModelDescription, OwnDescription, PartFormat } from "./model-description.ts";
import type { ModelFolder } from "./model-folder.ts";
import { inMemory } from "./own-part.ts";
import { writeSafetensors } from "./safetensors.ts";
import type { StoredTensor } from "./stored-tensor.ts";

/** A weight is converted, of many; or a file is complete and may be written. */
export type ConversionEvent =
  | { readonly type: "weight"; readonly done: number; readonly total: number }
  | { readonly type: "file"; readonly file: string; readonly bytes: Uint8Array };

/**
 * The files of a folder like `source`, each part with the weights that `formats` says, and flamingo.json last. Matrices of 4 and 8 bits are in blocks of 32; all else is
 * float16, convolutions too. In a part of 4 bits the embedding, which is also the output head where that is tied, gets 8; entries that were added to the vocabulary stay float16, since
 * they are what is trained while the rest is frozen.
 * @throws CheckpointError when a weight is too large for float16
 */
export async function* convertedFiles(source: ModelFolder, formats: Readonly<Record<FlamingoPart, PartFormat>>): AsyncGenerator<ConversionEvent> {
  const { description, config, preprocessing, weights, tokenizerJson } = source;
  const tokenizer = "tokenizer.json";
  yield { type: "file", file: tokenizer, bytes: new TextEncoder().encode(JSON.stringify(tokenizerJson)) };
  const declared = new Network(config, formatsFor(formats, weights)).weights();
  let done = 0;
  const parts: Partial<OwnDescription["parts"]> = {};
  for (const part of flamingoParts) {
    const file = `${part}.safetensors`;
    const ofPart = new Map([...declared].filter(([path]) => partOf(path) === part));
    const stored = new Map<string, StoredTensor>();
    for (const [path, weight] of ofPart) {
      for (const [name, tensor] of convertWeights(new Map([[path, weight]]), await read(weights, path))) stored.set(name, halved(name, tensor));
      yield { type: "weight", done: ++done, total: declared.size };
    }
    const bytes = writeSafetensors(stored);
    yield { type: "file", file, bytes };
    const inBlocks = [...ofPart.values()].some((weight) => "codes" in weight);
    parts[part] = { ...originOf(part, description), file, sha256: await hexDigest(bytes), weights: inBlocks ? formats[part] : "float16" };
  }
  const { format, name, markers, prompt } = description;
  const written = { format, name, config, preprocessing, tokenizer, markers, prompt, parts };
  yield { type: "file", file: "flamingo.json", bytes: new TextEncoder().encode(`${JSON.stringify(written, undefined, 2)}\n`) };
}

/** The weight at `path`, whatever it is stored as. */
async function read(weights: ModelFolder["weights"], path: string): Promise<ReadonlyMap<string, HostTensor>> {
  const found = new Map<string, HostTensor>();
  for (const name of [path, ...["codes", "scales", "offsets"].map((part) => `${path}.${part}`)]) {
    const weight = weights.get(name);
    if (weight !== undefined) found.set(name, await inMemory(weight));
  }
  return found;
}

/** Whose weights they are. In published checkpoints the file that says so may hold several parts. */
function originOf(part: FlamingoPart, description: ModelDescription): { readonly licence: string; readonly source: string } {
  const trained = part === "vision" || part === "language" ? part : "checkpoint";
  const { licence, source } = "published" in description ? (description.parts[trained] ?? description.parts.model)! : description.parts[part];
  return { licence, source };
}

function formatsFor(parts: Readonly<Record<FlamingoPart, PartFormat>>, weights: ModelFolder["weights"]): WeightFormats {
  const present = formatsOf(weights);
  return (path, shape) => {
    const format = parts[partOf(path)];
    if (format === "float16" || path.startsWith("language.extra")) return undefined;
    const bits = format === "int8" || path === "language.embedding.weight" ? 8 : 4;
    // What has these bits already stays as it is, offsets included: nothing is rounded twice.
    const found = present(path, shape);
    return found?.bits === bits ? found : { bits, offsets: false };
  };
}

/** float32 as float16, but not scales and offsets: codes and scales are mapped from the file as they are. */
function halved(path: string, { dtype, shape, data }: HostTensor): StoredTensor {
  if (dtype !== "float32" || /\.(scales|offsets)$/.test(path)) return { dtype, shape, data };
  const values = data as Float32Array;
  const half = float32ToFloat16(values);
  const back = float16ToFloat32(half);
  const lost = back.findIndex((value, i) => !Number.isFinite(value) || !Number.isFinite(values[i]!));
  if (lost !== -1) throw new CheckpointError(`${path} holds ${values[lost]}, which float16 cannot hold; the weights are damaged, or their training went wrong`);
  return { dtype: "float16", shape, data: half };
}
