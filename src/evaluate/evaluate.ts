/** The evaluate room's public face (`flamingo-vlm/evaluate`): what suites of questions are written with. */

export { openEpisodes } from "./episodes/episodes.ts";
export { type FindPicture, openPictures } from "./episodes/pictures.ts";
export { openVlIcl } from "./episodes/vl-icl.ts";
export type { Answerer, EvaluationCase, OpenSuite, ShownExample, ShownPicture, Suite, SuiteOptions, SuiteTask } from "./suite.ts";
