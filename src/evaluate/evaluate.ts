/** The evaluate room's public face (`flamingo-vlm/evaluate`): what suites of questions are written with. */

export type { Judged } from "./benchmarks/benchmark.ts";
export { captionMeasures } from "./benchmarks/caption-measures.ts";
export { type EpisodeOptions, openEpisodes } from "./episodes/episodes.ts";
export { type FindPicture, openPictures } from "./episodes/pictures.ts";
export { openVlIcl } from "./episodes/vl-icl.ts";
export type { Measured, Measures } from "./metrics/metric.ts";
export type { Estimate } from "./metrics/proportion.ts";
export type { Answer, Answered, Answerer, EvaluationCase, MediaFile, Question, Ranking, ShownExample, TokenUsage } from "./question.ts";
export type { ShownMedia } from "./shown-media.ts";
export type { OpenSuite, Suite, SuiteOptions, SuiteTask } from "./suite.ts";
