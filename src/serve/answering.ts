import { longestUnasked, roomAfter } from "../generate/answer-length.ts";
import type { AnswerRequest } from "../generate/answer-scheduler.ts";
import type { AnswerPiece } from "../generate/answer-stream.ts";
import type { AnswerEnd } from "../generate/decode.ts";
import type { Flamingo } from "../generate/flamingo-model.ts";
import type { PromptPiece } from "../generate/prompt.ts";
import { about, invalid } from "./errors.ts";
import { keptExamples } from "./kept-examples.ts";
import type { ReceivedPicture } from "./pictures.ts";
import type { AnswerFields, Usage } from "./schemas.ts";
import type { Service } from "./service.ts";
import type { HeldSupportSet } from "./support-set-store.ts";
import { Turns } from "./turns.ts";

export interface PromptOfRequest {
  readonly pieces: readonly PromptPiece[];
  readonly pictures: readonly ReceivedPicture[];
  /** The field that the prompt comes from. */
  readonly param: string;
}

/** What answers are asked for. */
export interface Wanted {
  readonly fields: AnswerFields;
  /** Undefined: as many as fit, up to {@link longestUnasked}. */
  readonly maxTokens: number | undefined;
  /** The field that says so. */
  readonly maxTokensParam: string;
  /** Likeliest tokens that are told beside each. */
  readonly alternatives: number;
  /** When the request came. */
  readonly started: number;
  readonly signal: AbortSignal;
}

/** Answers that are being made. */
export interface BegunAnswers {
  /** What each is like: `n` for every prompt, one after the other. A piece's `request` is its place here. */
  readonly answers: readonly AnswerRequest[];
  readonly pieces: AsyncIterable<AnswerPiece>;
  readonly promptTokens: number;
  readonly cachedTokens: number;
}

/** A decoded picture takes up to 8 bytes a pixel for a moment. */
const decoding = new Turns(2);

/**
 * Looks at everything that can be wrong, then lets prompts wait for their answers.
 * @throws ApiError that names the field
 */
export async function beginAnswers(service: Service, model: Flamingo, prompts: readonly PromptOfRequest[], wanted: Wanted): Promise<BegunAnswers> {
  const { fields, maxTokens, maxTokensParam, alternatives, started, signal } = wanted;
  const supports: HeldSupportSet[] = [];
  const release = (): void => {
    for (const support of supports) support.release();
  };
  try {
    const requests: AnswerRequest[] = [];
    let tokens = 0;
    let cachedTokens = 0;
    for (const { pieces, pictures, param } of prompts) {
      const begun = await begunWith(service, model, fields.support_set, pieces);
      if (begun.support !== undefined) supports.push(begun.support);
      // Those of a support set were looked at when it was made.
      const read = new Set<PromptPiece>(pieces.slice(0, pieces.length - begun.pieces.length));
      await checkPictures(
        model,
        pictures.filter(({ medium }) => !read.has(medium)),
        signal,
      );
      cachedTokens += begun.support?.set.tokens ?? 0;
      const prompt = [...(begun.support === undefined ? [] : [begun.support.set]), ...begun.pieces];
      const length = await about(param, () => model.check(prompt, { maxTokens: 1, signal }));
      const room = roomAfter(model, length);
      if ((maxTokens ?? 1) > room)
        throw invalid(
          `the prompt has ${length} tokens and the model reads ${length + room - 1}: ask for at most ${room} tokens of an answer, found ${maxTokens}`,
          maxTokensParam,
          "context_length_exceeded",
        );
      tokens += length;
      requests.push(...drawn({ prompt, maxTokens: maxTokens ?? Math.min(longestUnasked, room), alternatives }, fields));
    }
    const pieces = service.queue.answer(requests, signal);
    service.metrics.asked(
      tokens,
      prompts.reduce((sum, { pictures }) => sum + pictures.length, 0),
      cachedTokens,
    );
    return {
      answers: requests,
      pieces: timed(pieces, requests.length, started, service, release),
      promptTokens: tokens,
      cachedTokens,
    };
  } catch (error) {
    release();
    throw error;
  }
}

/** The support set that is asked for, or the one that the prompt's own examples are. */
async function begunWith(
  { supportSets, model: served }: Service,
  model: Flamingo,
  id: string | null | undefined,
  pieces: readonly PromptPiece[],
): Promise<{ readonly support?: HeldSupportSet | undefined; readonly pieces: readonly PromptPiece[] }> {
  if (id != null) return { support: await supportSets.acquire(id), pieces };
  return (await keptExamples(pieces, model, served, supportSets)) ?? { pieces };
}

/** The pieces as they are; their times are counted. @param ended - called when there are no more */
async function* timed(
  pieces: AsyncIterable<AnswerPiece>,
  answers: number,
  started: number,
  { metrics }: Service,
  ended: () => void,
): AsyncGenerator<AnswerPiece> {
  const times = Array.from({ length: answers }, (): number[] => []);
  const ends: (AnswerEnd | undefined)[] = [];
  try {
    for await (const piece of pieces) {
      if (piece.end !== undefined) ends[piece.request] = piece.end;
      if (piece.end !== "endOfChunk") times[piece.request]!.push(performance.now() - started);
      yield piece;
    }
  } finally {
    ended();
    for (const [answer, each] of times.entries()) metrics.generated(each, ends[answer]);
  }
}

/** @throws ApiError that names the field of a picture that cannot be read */
export async function checkPictures(model: Flamingo, pictures: readonly ReceivedPicture[], signal: AbortSignal): Promise<void> {
  for (const { medium, param } of pictures) await decoding.run(() => about(param, () => model.check([medium], { maxTokens: 1, signal })));
}

/** One request for each of its `n` answers, which differ by their seeds. */
function drawn(
  request: Pick<AnswerRequest, "prompt" | "maxTokens" | "alternatives">,
  { n, seed, stop, temperature, top_p, top_k }: AnswerFields,
): AnswerRequest[] {
  const first = seed ?? Math.floor(Math.random() * 2 ** 32);
  const options = {
    ...(temperature == null ? {} : { temperature }),
    ...(top_p == null ? {} : { topP: top_p }),
    ...(top_k == null ? {} : { topK: top_k }),
    ...(stop == null ? {} : { stop: [stop].flat() }),
  };
  return Array.from({ length: n ?? 1 }, (_, i) => ({ ...request, ...options, seed: first + i }));
}

export function usageOf({ promptTokens, cachedTokens }: Pick<BegunAnswers, "promptTokens" | "cachedTokens">, completionTokens: number): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  };
}
