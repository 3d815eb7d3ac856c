/** Few-shot episodes with pictures: what joins the two frozen models is trained on these. */
import { parseConfig } from "flamingo-vlm/model";
import type { OpenSource } from "flamingo-vlm/train";
import * as z from "zod";
import { pictureDocument } from "../episodes/episode-documents.ts";
import { drawEpisode } from "../episodes/episodes.ts";
import { sceneEpisode } from "../episodes/scene-questions.ts";
import { episodeMix, questions } from "./episode-options.ts";
import { openWorlds, worldsConfig } from "./worlds.ts";

const optionsConfig = worldsConfig.extend({
  /** Largest number of pictures in a document. */
  maxMedia: z.number().int().min(2).max(256),
  questions,
  mix: episodeMix,
  /** Share of the documents that ask about several things in a picture. */
  scenes: z.number().min(0).max(1).default(0),
});

const open: OpenSource = async (options, show) => {
  const { maxMedia, questions: most, mix, scenes: share, ...worlds } = parseConfig(optionsConfig, options, "options of nano's pictures");
  const { stored, scenes, shown, draw } = await openWorlds(worlds, show);
  return {
    pictures: stored,
    document(random) {
      if (random.chance(share)) return pictureDocument(sceneEpisode(scenes, (scene) => shown(scene.id, random), maxMedia, random));
      return pictureDocument(drawEpisode(draw(random), mix, { chunks: maxMedia, questions: most }, random));
    },
  };
};
export default open;
