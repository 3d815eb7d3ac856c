/** Pairs of pictures of one thing: by different artists where it is drawn, said by different evidence where it is a class. The resampler is trained on these contrastively. */
import { ConfigError, parseConfig } from "flamingo-vlm/model";
import type { OpenSource, SourceModule } from "flamingo-vlm/train";
import type { World } from "../episodes/episodes.ts";
import type { TrainingMedium } from "../episodes/evidence-world.ts";
import type { Concept } from "../things/concept.ts";
import { openWorlds, worldsConfig } from "./worlds.ts";

const open: OpenSource = async (options, show) => {
  const { stored, draw } = await openWorlds(parseConfig(worldsConfig, options, "options of nano's pairs"), show);
  return { pictures: stored, pairs: drawPairs(draw) };
};
export default open;

/** A quarter of a batch at a time is of one world, so that what is alike has to be told apart. @param draw - a world */
export function drawPairs(draw: (random: Parameters<World<TrainingMedium>["picture"]>[1]) => World<TrainingMedium>): NonNullable<SourceModule["pairs"]> {
  return (count, random) => {
    const pairs = new Map<string, readonly [TrainingMedium, TrainingMedium]>();
    for (let attempt = 0; pairs.size < count && attempt < 40; attempt++) {
      const world = draw(random);
      for (const thing of random.sample(world.concepts.filter(canBePaired), Math.ceil(count / 4))) {
        if (pairs.size < count && !pairs.has(thing.id)) pairs.set(thing.id, [world.picture(thing, random), world.picture(thing, random)]);
      }
    }
    if (pairs.size < count) throw new ConfigError(`${pairs.size} things have two pictures, fewer than the ${count} pairs of a batch`);
    return [...pairs.values()];
  };
}

function canBePaired(concept: Concept): boolean {
  return !("pictures" in concept) || (concept.pictures as readonly unknown[]).length > 1;
}
