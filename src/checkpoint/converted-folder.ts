/** A model folder with its weights stored otherwise. */
import { platform } from "#checkpoint-platform";
import type { DType } from "../graph/graph.ts";
import { type FlamingoPart, flamingoParts, Flamingo as Network, partOf } from "../model/flamingo.ts";
import { blockKinds, formatsOf, type WeightFormats } from "../nn/scope.ts";
import { type HostTensor, holdsNoNumbers } from "../runtime/runtime.ts";
import { convertWeights } from "./convert-weights.ts";
import { CheckpointError } from "./errors.ts";
import { float16ToFloat32, float32ToFloat16 } from "./half.ts";
import type { ModelFormats, OwnDescription, OwnPartDescription, PartFormat } from "./model-description.ts";
import type { OpenedModel } from "./opened-model.ts";
import type { WeightOrigin } from "./opened-part.ts";
import { safetensorsLayout } from "./safetensors.ts";
import { bytesOf } from "./safetensors-types.ts";
import type { StoredTensor } from "./stored-tensor.ts";

/** Where the files of a new folder go. */
export interface FolderWriter {
  /** A whole file. */
  write(file: string, bytes: Uint8Array): Promise<void>;
  /** A file that is written piece by piece. */
  create(file: string): Promise<FileWriter>;
}

export interface FileWriter {
  /** @param offset - of the first byte in the file */
  write(bytes: Uint8Array, offset: number): Promise<void>;
  /** To be called when all pieces are written. @returns the file's SHA-256, in hexadecimal */
  finish(): Promise<string>;
}

/** What a new folder is made from. */
export interface WritableModel extends Pick<OpenedModel, "config" | "preprocessing" | "held" | "tokenizerJson" | "read"> {
  readonly description: Pick<OwnDescription, "name" | "markers" | "prompt">;
  /** Whose weights each part's are. */
  readonly origins: Readonly<Record<FlamingoPart, WeightOrigin>>;
  /** Parts that stay the files that they are. */
  readonly kept?: Readonly<Partial<Record<FlamingoPart, KeptFile>>>;
  /** Whether the vocabulary is in the language model's kept file. */
  readonly tokenizerInPart?: boolean;
}

/** A file as flamingo.json describes it. */
export interface KeptFile extends Required<Pick<OwnPartDescription, "file" | "bytes" | "sha256">>, Pick<OwnPartDescription, "from"> {
  /** Where it is now. */
  readonly path: string;
}

export interface ConversionProgress {
  /** Weights that are converted and written. */
  readonly done: number;
  readonly total: number;
}

/**
 * Writes a folder like `source`, each part with the weights that `formats` says, and flamingo.json last. A part that is kept is copied, or only referred to where it can be fetched. Matrices of int4 and int8 are in blocks of 32, those of int4-g128 in blocks of 128, those of w8a8 have one
 * scale for each output channel; all else is float16, convolutions too. The embedding, which is also the output head where that is tied, gets blocks of 8 bits in all four unless it has a format of its own; entries that were added to the vocabulary stay float16, since
 * they are what is trained while the rest is frozen. Weights are read, converted and written one after the other: memory holds the largest of them, not the model.
 * @throws CheckpointError when a weight is too large for float16, or is no number
 */
export async function* convertModel(source: WritableModel, formats: ModelFormats, folder: FolderWriter): AsyncGenerator<ConversionProgress> {
  const { description, config, preprocessing, held, tokenizerJson, origins, kept = {}, tokenizerInPart = false } = source;
  const tokenizer = tokenizerInPart ? kept.language!.file : "tokenizer.json";
  if (!tokenizerInPart) await folder.write(tokenizer, new TextEncoder().encode(JSON.stringify(tokenizerJson)));
  const network = new Network(config, formatsFor(formats, held));
  const declared = network.weights();
  const files = new Map<FlamingoPart, { readonly file: FileWriter; readonly offsets: ReadonlyMap<string, number> }>();
  for (const part of flamingoParts) {
    const keptFile = kept[part];
    if (keptFile !== undefined) {
      if (keptFile.from === undefined) await copy(keptFile, folder);
      continue;
    }
    const ofPart = [...network.parameters()].filter(([path]) => partOf(path) === part);
    const { header, offsets } = safetensorsLayout(
      new Map(ofPart.map(([path, { dtype, shape }]) => [path, storedType(path, dtype, shape as readonly number[])])),
    );
    const file = await folder.create(fileOf(part));
    await file.write(header, 0);
    files.set(part, { file, offsets });
  }
  const total = [...declared.keys()].filter((path) => files.has(partOf(path))).length;
  let done = 0;
  for await (const [path, stored] of source.read()) {
    const target = files.get(partOf(path));
    if (target === undefined) continue;
    const { file, offsets } = target;
    for (const [name, tensor] of convertWeights(new Map([[path, declared.get(path)!]]), stored))
      await file.write(bytesOf(halved(name, tensor).data), offsets.get(name)!);
    yield { done: ++done, total };
  }
  const parts: Partial<OwnDescription["parts"]> = {};
  for (const part of flamingoParts) {
    const keptFile = kept[part];
    if (keptFile !== undefined) {
      const { file, bytes, sha256, from } = keptFile;
      parts[part] = { ...origins[part], file, bytes, sha256, ...(from === undefined ? {} : { from: [...from] }) };
      continue;
    }
    const inCodes = [...declared].some(([path, weight]) => partOf(path) === part && "codes" in weight);
    const sha256 = await files.get(part)!.file.finish();
    parts[part] = { ...origins[part], file: fileOf(part), sha256, weights: inCodes ? formats[part] : "float16" };
  }
  const { name, markers, prompt } = description;
  const written = { format: 1, name, config, preprocessing, tokenizer, markers, prompt, parts };
  await folder.write("flamingo.json", new TextEncoder().encode(`${JSON.stringify(written, undefined, 2)}\n`));
}

const pieceBytes = 2 ** 24;

async function copy({ path, file }: KeptFile, folder: FolderWriter): Promise<void> {
  const source = await platform.openFile(path);
  try {
    const writer = await folder.create(file);
    for (let at = 0; at < source.size; at += pieceBytes) await writer.write(await source.read(at, Math.min(source.size, at + pieceBytes)), at);
    await writer.finish();
  } finally {
    await source.close();
  }
}

function fileOf(part: FlamingoPart): string {
  return `${part}.safetensors`;
}

/** A model folder, to be written otherwise. */
export function writableModel(opened: OpenedModel): WritableModel {
  const { description } = opened;
  const origins = flamingoParts.map((part): [FlamingoPart, WeightOrigin] => {
    // In published checkpoints the file that says so may hold several parts.
    const trained = part === "vision" || part === "language" ? part : "checkpoint";
    const { licence, source } = "published" in description ? (description.parts[trained] ?? description.parts.model)! : description.parts[part];
    return [part, { licence, source }];
  });
  return { ...opened, origins: Object.fromEntries(origins) as WritableModel["origins"] };
}

/** How each matrix is stored where its part has that format. @param held - what the weights are now */
export function formatsFor(parts: ModelFormats, held: OpenedModel["held"] = new Map()): WeightFormats {
  const present = formatsOf(held);
  return (path, shape) => {
    const format = formatOf(path, parts);
    if (format === "float16" || path.startsWith("language.extra")) return undefined;
    if (format === "w8a8") return "channels";
    const blocks = { ...blockKinds[format], offsets: false };
    // What has these bits and no smaller blocks already stays as it is, minimums included: nothing is rounded twice without need.
    const found = present(path, shape);
    return typeof found === "object" && found.bits === blocks.bits && found.blockSize >= blocks.blockSize ? { ...found, wideScales: false } : blocks;
  };
}

function formatOf(path: string, parts: ModelFormats): PartFormat {
  const format = parts[partOf(path)];
  if (path !== "language.embedding.weight") return format;
  return parts["language.embedding"] ?? (format === "float16" ? format : "int8");
}

/** float32 is stored as float16, but not the scales of channels: codes and scales are mapped from the file as they are. */
function storedType(path: string, dtype: DType, shape: readonly number[]): Pick<StoredTensor, "dtype" | "shape"> {
  return { dtype: dtype === "float32" && !path.endsWith(".scales") ? "float16" : dtype, shape };
}

function halved(path: string, { dtype, shape, data }: HostTensor): StoredTensor {
  if (storedType(path, dtype, shape).dtype === dtype) {
    if (holdsNoNumbers({ data }))
      throw new CheckpointError(`${path}: its matrix holds values too large for a scale in float16; the weights are damaged, or their training went wrong`);
    return { dtype, shape, data };
  }
  const values = data as Float32Array;
  const half = float32ToFloat16(values);
  const back = float16ToFloat32(half);
  const lost = back.findIndex((value, i) => !Number.isFinite(value) || !Number.isFinite(values[i]!));
  if (lost !== -1) throw new CheckpointError(`${path} holds ${values[lost]}, which float16 cannot hold; the weights are damaged, or their training went wrong`);
  return { dtype: "float16", shape, data: half };
}
