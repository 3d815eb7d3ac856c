/** A model in several files: an index (`model.safetensors.index.json`, `pytorch_model.bin.index.json`) names the file that holds each tensor. */
import { CheckpointError, firstTen } from "./errors.ts";
import { parseJson } from "./json-bytes.ts";
import type { StoredWeight, WeightFile } from "./weight-file.ts";

export interface ShardIndex {
  /** File by tensor. */
  readonly weightMap: ReadonlyMap<string, string>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/**
 * @param name - what errors call the index
 * @throws CheckpointError when it is no index, or names files outside its folder
 */
export function parseShardIndex(json: Uint8Array, name: string): ShardIndex {
  const content = parseJson(json, name) ?? {};
  const { weight_map: map, metadata: given } = content as { weight_map?: unknown; metadata?: unknown };
  if (!isRecord(map)) throw new CheckpointError(`${name} is not an index of weight files: it has no weight_map of files by tensor`);
  const metadata = given ?? {};
  if (!isRecord(metadata))
    throw new CheckpointError(`${name} is not an index of weight files: its metadata is ${JSON.stringify(metadata)}, not values by name`);
  const entries = Object.entries(map);
  const wrong = entries.filter(([, file]) => !isFileName(file)).map(([tensor, file]) => `${tensor}: ${JSON.stringify(file)}`);
  if (wrong.length > 0) throw new CheckpointError(firstTen(`${name} names what is not a file in its own folder`, wrong));
  if (entries.length === 0) throw new CheckpointError(`${name} names no tensor`);
  return { weightMap: new Map(entries as [string, string][]), metadata };
}

/**
 * The weights of all files as one, in the order of the index. What its files hold besides comes after those: transformers loads whole files too, and whoever needs the weights accounts for all of them.
 * @param name - what errors call the index
 * @param open - opens a file that the index names
 * @throws CheckpointError when files cannot be opened, lack a tensor that the index promises, or hold one that it promises elsewhere, or hold it twice; it lists the first ten
 */
export async function openShards(index: ShardIndex, name: string, open: (file: string) => Promise<WeightFile>): Promise<WeightFile> {
  const files = [...new Set(index.weightMap.values())];
  const shards = new Map<string, WeightFile>();
  const unopened: string[] = [];
  for (const file of files) {
    try {
      shards.set(file, await open(file));
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      unopened.push(error.message);
    }
  }
  if (unopened.length > 0) throw new CheckpointError(firstTen(`${name}: ${unopened.length} of ${files.length} files cannot be used`, unopened));
  const problems: string[] = [];
  const weights = new Map<string, StoredWeight>();
  for (const [tensor, file] of index.weightMap) {
    const weight = shards.get(file)!.weights.get(tensor);
    if (weight === undefined) problems.push(`${tensor} should be in ${file}, which does not have it`);
    else weights.set(tensor, weight);
  }
  for (const [file, { weights: held }] of shards) {
    for (const [tensor, weight] of held) {
      const promised = index.weightMap.get(tensor);
      if (promised === file) continue;
      if (promised !== undefined) problems.push(`${tensor} is in ${file}, the index says ${promised}`);
      else if (weights.has(tensor)) problems.push(`${tensor} is in ${file} and in another file, the index names neither`);
      else weights.set(tensor, weight);
    }
  }
  if (problems.length > 0) throw new CheckpointError(firstTen(`${name} and its files contradict each other; fetch the model again`, problems));
  return { format: shards.get(files[0]!)!.format, weights, metadata: index.metadata };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A name alone: an index from elsewhere must not reach other folders. */
function isFileName(value: unknown): boolean {
  return typeof value === "string" && value !== "" && value !== "." && value !== ".." && !/[/\\:\0]/.test(value);
}
