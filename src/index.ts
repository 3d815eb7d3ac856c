export { CheckpointError } from "./checkpoint/errors.ts";
export type { ModelPullEvent, PullEvent } from "./checkpoint/hub/pull-event.ts";
export type { ModelDescription, OwnDescription, PublishedDescription } from "./checkpoint/model-description.ts";
export { DataError } from "./data/errors.ts";
export type { Picture, PictureSource } from "./data/image.ts";
export type { Background } from "./data/platform/platform.ts";
export type { Tokenizer } from "./data/tokenizer.ts";
export { loadVideo, type VideoOptions } from "./data/video.ts";
export type { CheckOptions, ExplainOptions, GenerateOptions, GenerateTextOptions, ScoreOptions, TokenRange } from "./generate/answer-options.ts";
export type { AnswerRequest, AnswerScheduler, SchedulerOptions } from "./generate/answer-scheduler.ts";
export type { AnswerPiece } from "./generate/answer-stream.ts";
export type { BeamOptions, Hypothesis } from "./generate/beam-search.ts";
export type { AnswerEnd, DecodeOptions, GeneratedPiece } from "./generate/decode.ts";
export type {
  ExplainedFrame,
  ExplainedLayer,
  ExplainedMedium,
  ExplainedToken,
  ExplainedWord,
  Explanation,
  LayerLook,
  Look,
  Origin,
  WordLook,
} from "./generate/explanation.ts";
export { meanFeature } from "./generate/feature-rows.ts";
export { Flamingo } from "./generate/flamingo-model.ts";
export type { LoadOptions } from "./generate/load-options.ts";
export { image, type Medium, video } from "./generate/medium.ts";
export { type Example, type PromptPiece, Template } from "./generate/prompt.ts";
export type { ManyOptions, Prompt, PromptOptions } from "./generate/prompt-reader.ts";
export type { SamplingOptions, TokenProbability } from "./generate/sampling.ts";
export { type ScoredChoice, sharesOf } from "./generate/score.ts";
export type { SupportSet, SupportSetFacts } from "./generate/support-set.ts";
export type { DType } from "./graph/graph.ts";
export { type FlamingoConfig, type FlamingoConfigInput, parseFlamingoConfig } from "./model/config.ts";
export { ConfigError } from "./model/strict-config.ts";
export { type Device, type HostData, type HostTensor, RuntimeError } from "./runtime/runtime.ts";

declare global {
  // In the types of this package and of zod; empty, so that they merge with those of the DOM or of Node, and a project that has neither compiles as well.
  interface AbortSignal {}
  interface URL {}
}
