/** What of a config is another than that of the run which a checkpoint is of. */
import { shown } from "../model/strict-config.ts";
import type { RunConfig } from "./contrastive-config.ts";

export interface ConfigChange {
  /** The keys that lead there; data sets are named, since their places in the list may change. */
  readonly path: readonly string[];
  readonly was: unknown;
  readonly is: unknown;
}

/** What may change without a word: it says where things are, how long training goes on, how it is computed, and what is measured afterwards, but not what is learnt in a step. */
const freeKeys = new Set(["name", "origins", "evaluation"]);
const freeTrainKeys = new Set(["steps", "saveEvery", "keep", "microBatches", "zero"]);

/** What of a data set may change while its samples come in the same order. */
const orderKeeping = new Set(["weight", "clipNorm", "from", "until", "features", "badShare"]);

/** Everything that differs and that a run which goes on from the checkpoint has to be told. */
export function configChanges(was: unknown, is: RunConfig): readonly ConfigChange[] {
  return everyChange(was, is).filter(({ path: [first, second] }) => {
    if (first === "train") return !freeTrainKeys.has(second!);
    return !freeKeys.has(first!);
  });
}

/** Everything that differs, whatever it is. */
export function everyChange(was: unknown, is: RunConfig): readonly ConfigChange[] {
  return [...differences(byName(was), byName(is), [])];
}

/** Names of data sets whose samples come in another order than before, so that nothing can go on from where they stood. */
export function rearranged(changes: readonly ConfigChange[]): ReadonlySet<string> {
  return new Set(changes.flatMap(({ path: [first, name, key] }) => (first === "data" && !orderKeeping.has(key!) ? [name!] : [])));
}

/** One change a line. */
export function described({ path, was, is }: ConfigChange): string {
  const said = (value: unknown): string => (value === undefined ? "nothing" : shown(value));
  return `${path.join(".")}: ${said(was)} → ${said(is)}`;
}

function byName(config: unknown): unknown {
  const { data, ...others } = config as Pick<RunConfig, "data">;
  // Where features lie changes nothing. Those of samples in files that are kept are rounded, and others are not.
  const placed = data.map((source) => ({ ...source, features: source.kind === "module" ? undefined : source.features !== undefined }));
  return { ...others, data: Object.fromEntries(placed.map((source) => [source.name, source])) };
}

function* differences(was: unknown, is: unknown, path: readonly string[]): Generator<ConfigChange> {
  if (isRecord(was) && isRecord(is)) {
    for (const key of new Set([...Object.keys(was), ...Object.keys(is)])) yield* differences(was[key], is[key], [...path, key]);
  } else if (JSON.stringify(was) !== JSON.stringify(is)) yield { path, was, is };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
