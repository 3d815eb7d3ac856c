/** The nano suite: drawings of things that training never showed, and of things that it showed in a style that it never did. `evaluation-data.ts` wrote it. */
import { fileURLToPath } from "node:url";
import { type OpenSuite, openEpisodes } from "flamingo-vlm/evaluate";

/** Questions and pictures come with the model. */
const shipped = fileURLToPath(new URL("models/nano/evaluation/episodes.json", import.meta.resolve("flamingo-vlm/package.json")));

const openSuite: OpenSuite = (options) => openEpisodes(shipped, options);
export default openSuite;
