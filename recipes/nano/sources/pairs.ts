/** Pairs of drawings of one thing by different artists, where there are any: the resampler is trained on these contrastively. */
import { ConfigError, parseConfig } from "flamingo-vlm/model";
import type { OpenSource, SourceModule } from "flamingo-vlm/train";
import { z } from "zod";
import type { PicturedConcept } from "../drawings/picture-index.ts";
import { picturedWorld } from "../episodes/pictured-world.ts";
import { placesConfig, preparedDrawings, storedDrawings, trainedConcepts } from "../prepared.ts";
import { shown } from "./drawings.ts";

const optionsConfig = placesConfig.extend({
  /** Of the drawings, those of these domains. */
  domains: z.array(z.string()).min(1),
  /** How often a drawing is shown as it is; otherwise it is one of its augmented versions. */
  plain: z.number().min(0).max(1).default(0.5),
});

const open: OpenSource = async (options, show) => {
  const { domains, plain, ...places } = parseConfig(optionsConfig, options, "options of nano's pairs");
  const index = await preparedDrawings(places, show);
  const pictures = storedDrawings(places.folder, index);
  return { pictures, pairs: drawPairs(trainedConcepts(index, domains), pictures.versions, plain) };
};
export default open;

export function drawPairs(concepts: readonly PicturedConcept[], versions: number, plain: number): NonNullable<SourceModule["pairs"]> {
  const drawnTwice = concepts.filter(({ pictures }) => pictures.length > 1);
  return (count, random) => {
    if (drawnTwice.length < count) throw new ConfigError(`${drawnTwice.length} things have two drawings, fewer than the ${count} pairs of a batch`);
    const world = picturedWorld(concepts);
    return random.sample(drawnTwice, count).map((thing) => {
      const drawing = () => shown(world.picture(thing, random).id, versions, plain, random);
      return [drawing(), drawing()] as const;
    });
  };
}
