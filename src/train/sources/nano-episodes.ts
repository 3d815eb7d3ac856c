import type { z } from "zod";
import { tokenizeDocument } from "../../data/document.ts";
import { mediaView } from "../../data/media-view.ts";
import { pictureDocument } from "../../data/nano/episode-documents.ts";
import { drawEpisode } from "../../data/nano/episodes.ts";
import type { PicturedConcept } from "../../data/nano/picture-index.ts";
import { picturedWorld } from "../../data/nano/pictured-world.ts";
import { Random } from "../../data/random.ts";
import type { TrainingSource } from "../loop.ts";
import { batchFeeds } from "../text-batches.ts";
import { featureTensor } from "./picture-features.ts";
import type { FeatureReader, SourceContext } from "./source.ts";
import type { nanoEpisodesConfig } from "./source-config.ts";

/** Few-shot episodes with pictures; the frozen vision encoder's features come from a store. */
export function nanoEpisodesSource(
  config: z.output<typeof nanoEpisodesConfig>,
  concepts: readonly PicturedConcept[],
  features: FeatureReader,
  { tokenizer, markers, seed }: SourceContext,
): TrainingSource {
  return {
    name: config.name,
    weight: config.weight,
    clipNorm: config.clipNorm,
    batch(step) {
      const random = new Random(config.name, seed, step);
      const documents = Array.from({ length: config.rows }, () => {
        const episode = drawEpisode(picturedWorld(concepts), config.mix, { chunks: config.maxMedia, questions: config.questions }, random);
        return tokenizeDocument(pictureDocument(episode), tokenizer, markers);
      });
      const rows = documents.map(({ tokens, learnt }) => ({ tokens, weights: learnt.map(Number) }));
      // The graph sees all tokens but the last of each row.
      const feeds = batchFeeds(rows, tokenizer.special(markers.padding));
      const view = mediaView(documents, { tokens: feeds.tokens.shape[1]!, attend: "last" });
      const pictures = documents.flatMap(({ media }) => media.map(({ id }) => id));
      return Promise.resolve({ ...feeds, ...view, features: featureTensor(pictures, features, config.plain, random) });
    },
  };
}
