import type { AnswerEnd } from "../generate/decode.ts";

/** Why an answer is over, as OpenAI names it. */
export function finishReason(end: AnswerEnd): "stop" | "length" {
  return end === "maxTokens" ? "length" : "stop";
}
