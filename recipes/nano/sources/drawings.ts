/** Few-shot episodes with drawings: what joins the two frozen models is trained on these. */
import type { Random } from "flamingo-vlm/data";
import { parseConfig } from "flamingo-vlm/model";
import type { OpenSource, SourceMedium } from "flamingo-vlm/train";
import { z } from "zod";
import { pictureDocument } from "../episodes/episode-documents.ts";
import { drawEpisode } from "../episodes/episodes.ts";
import { picturedWorld } from "../episodes/pictured-world.ts";
import { placesConfig, preparedDrawings, storedDrawings, trainedConcepts } from "../prepared.ts";
import { episodeMix, questions } from "./episode-options.ts";

const optionsConfig = placesConfig.extend({
  /** Of the drawings, those of these domains. */
  domains: z.array(z.string()).min(1),
  /** Largest number of pictures in a document. */
  maxMedia: z.number().int().min(2).max(256),
  questions,
  mix: episodeMix,
  /** How often a drawing is shown as it is; otherwise it is one of its augmented versions. */
  plain: z.number().min(0).max(1).default(0.5),
});

const open: OpenSource = async (options, show) => {
  const { domains, maxMedia, questions: most, mix, plain, ...places } = parseConfig(optionsConfig, options, "options of nano's drawings");
  const index = await preparedDrawings(places, show);
  const concepts = trainedConcepts(index, domains);
  const pictures = storedDrawings(places.folder, index);
  return {
    pictures,
    document(random) {
      const episode = drawEpisode(picturedWorld(concepts), mix, { chunks: maxMedia, questions: most }, random);
      return pictureDocument(episode.map((chunk) => ({ ...chunk, picture: shown(chunk.picture.id, pictures.versions, plain, random) })));
    },
  };
};
export default open;

/** A drawing as it is or, otherwise, one of its augmented versions. */
export function shown(id: string, versions: number, plain: number, random: Random): SourceMedium {
  return { stored: id, version: versions === 1 || random.chance(plain) ? 0 : random.integer(1, versions - 1) };
}
