import type { z } from "zod";
import type { PicturedConcept } from "../../data/nano/picture-index.ts";
import { picturedWorld } from "../../data/nano/pictured-world.ts";
import { Random } from "../../data/random.ts";
import type { TrainingSource } from "../loop.ts";
import { featureTensor } from "./picture-features.ts";
import type { FeatureReader, SourceContext } from "./source.ts";
import type { nanoPairsConfig } from "./source-config.ts";

/** Two drawings of each of several things, by different artists where there are any; the frozen vision encoder's features come from a store. */
export function nanoPairsSource(
  config: z.output<typeof nanoPairsConfig>,
  concepts: readonly PicturedConcept[],
  features: FeatureReader,
  { seed }: SourceContext,
): TrainingSource {
  const drawnTwice = concepts.filter(({ pictures }) => pictures.length > 1);
  if (drawnTwice.length < config.pairs)
    throw new Error(`the data set "${config.name}" has ${drawnTwice.length} things with two drawings, fewer than its ${config.pairs} pairs`);
  return {
    name: config.name,
    weight: config.weight,
    clipNorm: config.clipNorm,
    batch(step) {
      const random = new Random(config.name, seed, step);
      const world = picturedWorld(concepts);
      const things = random.sample(drawnTwice, config.pairs);
      const side = () =>
        featureTensor(
          things.map((thing) => world.picture(thing, random).id),
          features,
          config.plain,
          random,
        );
      return Promise.resolve({ first: side(), second: side() });
    },
  };
}
