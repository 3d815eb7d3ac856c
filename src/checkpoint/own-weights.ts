/** Weights of our own form against the config that they are for: every parameter has one, and each of them is a parameter. */
import type { FlamingoConfig } from "../model/config.ts";
import { Flamingo, type FlamingoPart, partOf } from "../model/flamingo.ts";
import { formatsOf, isPerBlock } from "../nn/scope.ts";
import { CheckpointError, firstTen } from "./errors.ts";

interface OwnWeight {
  /** What it is in memory, such as `float32` for one that is stored as `float16`. */
  readonly dtype: string;
  readonly shape: readonly number[];
}

/**
 * @param location - what errors call them
 * @param part - the part that alone is looked at. Default: all
 * @throws CheckpointError naming the first ten that are missing, of another shape, or unknown
 */
export function checkOwnWeights(location: string, config: FlamingoConfig, weights: ReadonlyMap<string, OwnWeight>, part?: FlamingoPart): void {
  const declared = new Flamingo(config, formatsOf(weights)).parameters();
  const problems = [...declared].flatMap(([path, { dtype, shape }]) => {
    if (part !== undefined && partOf(path) !== part) return [];
    const found = weights.get(path);
    if (found === undefined) return [`${path} [${shape.join(", ")}] is missing`];
    if (found.shape.join() !== shape.join()) return [`${path} should be [${shape.join(", ")}], is [${found.shape.join(", ")}]`];
    return found.dtype === dtype ? [] : [`${path} should hold ${dtype} numbers, holds ${found.dtype}`];
  });
  problems.push(...[...weights.keys()].filter((path) => !declared.has(path)).map((path) => `${path} belongs to nothing in the config`));
  if (problems.length > 0) throw new CheckpointError(firstTen(`${location}: the weights do not fit the config in flamingo.json`, problems));
}

/** What stored weights are in memory. */
export function inMemoryTypes(stored: ReadonlyMap<string, { readonly storedAs: string; readonly shape: readonly number[] }>): ReadonlyMap<string, OwnWeight> {
  const inMemory = (path: string, storedAs: string): string => (isPerBlock(path) ? storedAs : storedAs.replace(/^(b?float16|float64)$/, "float32"));
  return new Map([...stored].map(([path, { storedAs, shape }]) => [path, { dtype: inMemory(path, storedAs), shape }]));
}
