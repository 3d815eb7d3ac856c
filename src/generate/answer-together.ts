import { answerRoom } from "./answer-options.ts";
import { type AnswerEnd, type DecodeOptions, decode, type GeneratedPiece } from "./decode.ts";
import type { Prompt, PromptOptions, PromptReader } from "./prompt-reader.ts";
import { checkSampling } from "./sampling.ts";

/** One of several prompts, and what its answer shall be like. Its own `signal` gives up its answer alone: the others go on. */
export interface AnswerRequest extends DecodeOptions {
  readonly prompt: Prompt;
}

/** A step of one of the answers. */
export interface AnswerPiece extends GeneratedPiece {
  /** Which of the requests it belongs to. */
  readonly request: number;
  /** Of an answer's last piece. The token that ended the chunk is a piece too, mostly without text. */
  readonly end?: AnswerEnd;
}

/**
 * @param options - `signal` gives up all of them
 * @throws ConfigError when an option is out of its range
 * @throws DataError when a prompt is too long with its answer, or a picture cannot be read
 */
export async function* answerTogether(prompts: PromptReader, requests: readonly AnswerRequest[], options: PromptOptions): AsyncGenerator<AnswerPiece> {
  for (const request of requests) checkSampling(request);
  const start = await prompts.start(
    requests.map(({ prompt }) => prompt),
    { ...options, room: requests.map(answerRoom) },
  );
  try {
    for await (const { row, ...piece } of decode(start, requests, options.signal)) yield { request: row, ...piece };
  } finally {
    await start.context.dispose();
  }
}
