/** Batches of documents, one document a row. */
import type { TokenizedDocument } from "../../data/document.ts";
import { mediaView } from "../../data/media-view.ts";
import type { Random } from "../../data/random.ts";
import { ConfigError } from "../../model/strict-config.ts";
import type { MediaInput } from "../media-input.ts";
import { batchFeeds, labelsOf, type Row } from "../text-batches.ts";
import type { BatchPart, Feeds } from "../training-source.ts";
import type { SourceMedium } from "./source.ts";

export type Documents = readonly TokenizedDocument<SourceMedium>[];

/** Batches of so many rows, in which documents are of like length. */
export function sharedOut(documents: Documents, rows: number, random: Random): readonly Documents[] {
  const sorted = [...documents].sort((a, b) => a.tokens.length - b.tokens.length);
  return random.shuffle(Array.from({ length: Math.ceil(documents.length / rows) }, (_, i) => sorted.slice(i * rows, (i + 1) * rows)));
}

/** Rows in so many parts of about as many rows; fewer parts where there are fewer rows. */
function inParts<Each>(rows: readonly Each[], parts: number): readonly (readonly Each[])[] {
  const bound = (part: number): number => Math.round((part * rows.length) / parts);
  return Array.from({ length: parts }, (_, part) => rows.slice(bound(part), bound(part + 1))).filter((each) => each.length > 0);
}

/** How a data set's documents become what the graph is fed. */
export interface DocumentFeeds {
  /** Of the data set. */
  readonly name: string;
  /** Token that fills rows which are shorter than the longest. */
  readonly padding: number;
  /** Brings its pictures into the graph; undefined for a stage without pictures. */
  readonly media: MediaInput | undefined;
  /** Parts of each batch. */
  readonly microBatches: number;
  /** Which media text sees. */
  readonly attend: "last" | "all";
}

/** A batch of documents. */
export function documentParts(documents: Documents, feeds: DocumentFeeds): readonly BatchPart[] {
  return inParts(documents, feeds.microBatches).map((some) => ({
    labels: labelsOf(some.map(rowOf)),
    tokens: some.reduce((sum, { tokens }) => sum + tokens.length, 0),
    pictures: some.reduce((sum, { media }) => sum + media.length, 0),
    feeds: () => documentFeeds(some, feeds),
  }));
}

/** A batch of packed rows. */
export function packedParts(rows: readonly Row[], padding: number, microBatches: number): readonly BatchPart[] {
  return inParts(rows, microBatches).map((some) => ({
    labels: labelsOf(some),
    tokens: some.reduce((sum, { tokens }) => sum + tokens.length, 0),
    pictures: 0,
    feeds: () => Promise.resolve({ ...batchFeeds(some, padding) }),
  }));
}

function rowOf({ tokens, learnt }: TokenizedDocument<SourceMedium>): Row {
  return { tokens, weights: learnt.map(Number) };
}

/**
 * What the training graph is fed.
 * @throws ConfigError when it shows pictures to a stage without
 */
async function documentFeeds(documents: Documents, { name, padding, media, attend }: DocumentFeeds): Promise<Feeds> {
  const feeds = batchFeeds(documents.map(rowOf), padding);
  const shown = documents.flatMap((document) => document.media);
  if (media === undefined) {
    if (shown.some((medium) => medium !== undefined))
      throw new ConfigError(`the data set "${name}" shows pictures, which a stage "language" cannot learn from`);
    return { ...feeds };
  }
  // The graph sees all tokens but the last of each row.
  const view = mediaView(documents, { tokens: feeds.tokens.shape[1]!, attend });
  return { ...feeds, ...view, ...(await media.feeds(shown)) };
}
