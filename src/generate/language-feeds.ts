/** What the language model's graphs are fed beside media. */
import type { HostTensor, Variable } from "../runtime/runtime.ts";
import { blankCache, cacheNames, type KeyValueCache } from "./key-value-cache.ts";
import type { ModelSessions } from "./model-sessions.ts";
import { int64, laidOut, type ReadingStep } from "./reading-steps.ts";

export type Feeds = Record<string, HostTensor | Variable>;

/** What has been read before a step. */
export interface PastFeeds {
  /** Tokens of each row. */
  readonly past: readonly number[];
  readonly own: KeyValueCache | undefined;
  readonly prefix: { readonly cache: KeyValueCache; readonly length: number } | undefined;
}

/** Of the graph for everything. @param media - whether the fusion layers take part */
export function languageFeeds(sessions: ModelSessions, media: boolean, step: ReadingStep, { past, own, prefix }: PastFeeds): Feeds {
  const feeds: Feeds = { ...laidOut(step), pastLengths: int64([past.length], past), prefixLength: int64([1], [prefix?.length ?? 0]) };
  // What is empty would be scored all the same, as masked columns: one column is enough for that.
  const unshared = prefix === undefined ? blankCache(sessions, 1) : undefined;
  const unread = past.every((length) => length === 0) ? blankCache(sessions, past.length) : undefined;
  for (const name of cacheNames(sessions, media)) {
    feeds[`prefix.${name}`] = unshared ?? prefix!.cache.variables.get(name)!;
    feeds[`cache.${name}`] = unread ?? own!.variables.get(name)!;
  }
  return feeds;
}

/** Of the graph for one token of each row, which writes into `own`. */
export function stepFeeds({ rows }: ReadingStep, past: readonly number[], own: KeyValueCache): Feeds {
  const tokens = rows.flatMap((row) => row.tokens);
  const caches = [...own.variables].map(([name, variable]) => [`cache.${name}`, variable] as const);
  return { tokens: int64([rows.length, 1], tokens), pastLengths: int64([past.length], past), ...Object.fromEntries(caches) };
}
