/** The weights of one part of a model in our own form: read, or only found in their file. */
import { platform } from "#checkpoint-platform";
import type { DType } from "../graph/graph.ts";
import { isPerBlock } from "../nn/scope.ts";
import { arrayOf } from "../runtime/host-tensor.ts";
import { byteLengthOf, type HostTensor, type WeightTensor } from "../runtime/runtime.ts";
import { hexDigest } from "./digest.ts";
import { checkHash, sizeOf } from "./folder-files.ts";
import { readSafetensors } from "./safetensors.ts";
import { safetensorsCodes, viewAs } from "./safetensors-types.ts";
import type { StoredWeight } from "./weight-file.ts";
import { openWeightsAt } from "./weights.ts";
import { asRead } from "./widen.ts";

/** Smaller weights of mapped files are read all the same, since each mapping takes whole pages. */
const mappedWeightBytes = 65_536;

/** Most bytes of weights that a graph takes in beside mapped ones. */
const heldBytes = 1_000_000_000;

export interface OwnPart {
  readonly weights: ReadonlyMap<string, WeightTensor>;
  /** What the file stores each as. */
  readonly stored: ReadonlyMap<string, Pick<StoredWeight, "storedAs" | "shape">>;
  /** Of the file. */
  readonly bytes: number;
}

export interface OwnPartOptions {
  /** Whether weights are mapped where that is possible: those of at least so many bytes. */
  readonly map: false | { readonly smallest: number };
  /** Whether the content of a mapped file is checked as well. One that is read always is. */
  readonly verify: boolean;
  /** Gives the file's content, where it lies nowhere. */
  readonly bytes?: () => Promise<Uint8Array>;
}

/**
 * What is mapped of a model in these files: all of a large one, as what a graph gets beside mapped weights is copied; nothing of a small one, since reading takes less than mapping, and shows damage.
 * @param mapFrom - bytes of all files together that make a model large
 */
export async function mappingOf(paths: readonly string[], mapFrom: number): Promise<OwnPartOptions["map"]> {
  if (platform.placeOf === undefined) return false;
  let bytes = 0;
  for (const path of paths) bytes += (await sizeOf(path)) ?? 0;
  return bytes >= mapFrom && { smallest: Math.min(mapFrom, mappedWeightBytes) };
}

/**
 * @param path - of a safetensors file
 * @param sha256 - that it should have
 * @throws CheckpointError when it is damaged, cut short or changed
 */
export async function openOwnPart(path: string, sha256: string, { verify, map, bytes: given }: OwnPartOptions): Promise<OwnPart> {
  if (map !== false && platform.placeOf !== undefined) {
    if (verify) checkHash(path, await platform.sha256(path), sha256);
    return mapPart(path, await platform.placeOf(path), map.smallest);
  }
  const bytes = await (given?.() ?? platform.readFile(path));
  checkHash(path, await hexDigest(bytes), sha256);
  const { tensors } = readSafetensors(bytes, path);
  return {
    weights: new Map([...tensors].map(([name, tensor]) => [name, asRead(name, tensor)])),
    stored: new Map([...tensors].map(([name, { dtype, shape }]) => [name, { storedAs: dtype, shape }])),
    bytes: bytes.length,
  };
}

async function mapPart(path: string, place: { readonly folder: string; readonly name: string }, smallest: number): Promise<OwnPart> {
  const { file, bytes, close } = await openWeightsAt(path);
  try {
    const found = new Map<string, WeightTensor | Promise<WeightTensor>>();
    for (const [name, weight] of file.weights) {
      const { storedAs, shape, offset } = weight;
      if (offset !== undefined && weight.bytes >= smallest && isDType(storedAs) && (storedAs !== "float16" || isPerBlock(name))) {
        found.set(name, { dtype: storedAs, shape, file: { ...place, offset } });
        continue;
      }
      const loading = weight.load().then((tensor) => asRead(name, tensor));
      // What fails is told below, and may have failed before.
      loading.catch(() => {});
      // There may be hundreds of small ones: to wait for each before the next takes longer than to read them.
      found.set(name, weight.bytes < mappedWeightBytes ? loading : await loading);
    }
    const weights = new Map<string, WeightTensor>();
    for (const [name, weight] of found) weights.set(name, await weight);
    return { weights, stored: file.weights, bytes };
  } finally {
    await close();
  }
}

/**
 * What a graph gets beside mapped weights becomes a part of the graph itself, which ends at 2 GB: where there is so much of it, as when one part is stored in blocks and a large one
 * as float16, all that this graph needs is read.
 * @param weights - of all parts
 */
export async function mappedOrHeld(weights: ReadonlyMap<string, WeightTensor>): Promise<ReadonlyMap<string, WeightTensor>> {
  // The vision encoder is a graph of its own; the other parts meet in several.
  const graphs = Map.groupBy(weights, ([path]) => path.startsWith("vision."));
  const result = new Map<string, WeightTensor>();
  for (const graph of graphs.values()) {
    const held = graph.reduce((sum, [, weight]) => sum + ("data" in weight ? weight.data.byteLength : 0), 0);
    for (const [path, weight] of graph) result.set(path, held > heldBytes ? await inMemory(weight) : weight);
  }
  return result;
}

/** The same weight, read. @throws CheckpointError when its file is gone or became shorter */
export async function inMemory(weight: WeightTensor): Promise<HostTensor> {
  if ("data" in weight) return weight;
  const { dtype, shape, file } = weight;
  const source = await platform.openFile(`${file.folder}/${file.name}`);
  try {
    const bytes = await source.read(file.offset, file.offset + byteLengthOf(weight));
    return { dtype, shape, data: viewAs(arrayOf[dtype], bytes) };
  } finally {
    await source.close();
  }
}

function isDType(storedAs: string): storedAs is DType {
  return storedAs in safetensorsCodes && storedAs !== "bfloat16";
}
