/** Batches of documents, one document a row. */
import type { TokenizedDocument } from "../../data/document.ts";
import { mediaView } from "../../data/media-view.ts";
import type { Random } from "../../data/random.ts";
import { ConfigError } from "../../model/strict-config.ts";
import type { HostTensor } from "../../runtime/runtime.ts";
import type { MediaFeatures } from "../media-features.ts";
import { batchFeeds } from "../text-batches.ts";
import type { SourceMedium } from "./source.ts";

export type Documents = readonly TokenizedDocument<SourceMedium>[];

/** Batches of so many rows, in which documents are of like length. */
export function sharedOut(documents: Documents, rows: number, random: Random): readonly Documents[] {
  const sorted = [...documents].sort((a, b) => a.tokens.length - b.tokens.length);
  return random.shuffle(Array.from({ length: Math.ceil(documents.length / rows) }, (_, i) => sorted.slice(i * rows, (i + 1) * rows)));
}

/**
 * What the training graph is fed.
 * @param name - of the data set
 * @param features - turns its pictures into features; undefined for a stage without pictures
 * @throws ConfigError when it shows pictures to a stage without
 */
export async function documentFeeds(
  documents: Documents,
  name: string,
  padding: number,
  features: MediaFeatures | undefined,
): Promise<Readonly<Record<string, HostTensor>>> {
  const feeds = batchFeeds(
    documents.map(({ tokens, learnt }) => ({ tokens, weights: learnt.map(Number) })),
    padding,
  );
  const media = documents.flatMap((document) => document.media);
  if (features === undefined) {
    if (media.some((medium) => medium !== undefined))
      throw new ConfigError(`the data set "${name}" shows pictures, which a stage "language" cannot learn from`);
    return { ...feeds };
  }
  // The graph sees all tokens but the last of each row.
  const view = mediaView(documents, { tokens: feeds.tokens.shape[1]!, attend: "last" });
  return { ...feeds, ...view, features: await features.tensor(media) };
}
