import { z } from "@hono/zod-openapi";
import type { AnswerPiece } from "../generate/answer-stream.ts";
import type { Flamingo } from "../generate/flamingo-model.ts";
import type { TokenProbability } from "../generate/sampling.ts";

const tokenFields = { token: z.string(), logprob: z.number(), bytes: z.array(z.int()).nullable().describe("UTF-8; null for a part of a character.") };

export const tokenLogProbability = z.strictObject({ ...tokenFields, top_logprobs: z.array(z.strictObject(tokenFields)) }).openapi("TokenLogProbability");

/** A token as text. Special tokens have their names. */
export function tokenText({ tokenizer, folder }: Flamingo, token: number): string {
  const { endOfChunk } = folder.description.markers;
  return token === tokenizer.special(endOfChunk) ? endOfChunk : tokenizer.decode([token]);
}

/** OpenAI's value for what is next to impossible, where JSON has no -Infinity. */
const veryUnlikely = -9999;

export const finite = (logProbability: number): number => Math.max(veryUnlikely, logProbability);

/** What the model thought of a token and of those that might have come. */
export function logProbabilityOf(model: Flamingo, piece: AnswerPiece): z.output<typeof tokenLogProbability> {
  const told = ({ token, logProbability }: TokenProbability) => {
    const text = tokenText(model, token);
    return { token: text, logprob: finite(logProbability), bytes: text.includes("\uFFFD") ? null : [...Buffer.from(text)] };
  };
  return { ...told(piece), top_logprobs: (piece.alternatives ?? []).map(told) };
}
