/** Text of nano's language model: prose, definitions, statements, and episodes in words. */
import { parseConfig } from "flamingo-vlm/model";
import type { OpenSource } from "flamingo-vlm/train";
import * as z from "zod";
import { placesConfig, preparedText } from "../prepared.ts";
import { episodeMix, noneDrawn, questions, share, someDrawn } from "./episode-options.ts";

const optionsConfig = placesConfig.omit({ folder: true }).extend({
  /** How often each kind of document is drawn, relative to the others. */
  kinds: z
    .strictObject({ repetition: share, episode: share, wordPairs: share, definition: share, statement: share, prose: share })
    .refine(someDrawn, noneDrawn),
  /** What is asked in episodes: by default mostly binding, which the joined model will need most. */
  episodes: episodeMix.prefault({ binding: 5, classBinding: 1.5, caption: 1, kindQuestion: 1, nameQuestion: 0.7, colourQuestion: 0.8 }),
  /** Largest numbers of chunks in an episode, one of which is drawn for each. */
  chunks: z.array(z.number().int().min(2).max(256)).min(1),
  questions,
  /** Largest number of pairs in a list. */
  pairs: z.number().int().min(2).max(256),
});

const open: OpenSource = async (options, show) => {
  const { packages, ...mix } = parseConfig(optionsConfig, options, "options of nano's text");
  const corpus = await preparedText(packages, show);
  return { document: (random) => corpus.document(mix, random), vocabularyTexts: () => corpus.vocabularyTexts() };
};
export default open;
