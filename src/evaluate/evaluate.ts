/** The evaluate room's public face (`flamingo-vlm/evaluate`): what suites of questions are written with. */

export type { Answerer, EvaluationCase, OpenSuite, ShownExample, ShownPicture, Suite, SuiteOptions, SuiteTask } from "./suite.ts";
