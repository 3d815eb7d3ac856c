import { randomUUID } from "node:crypto";
import { createRoute, z } from "@hono/zod-openapi";
import type { AnswerPiece } from "../generate/answer-stream.ts";
import type { Flamingo } from "../generate/flamingo-model.ts";
import { Template } from "../generate/prompt.ts";
import { type BegunAnswers, beginAnswers, type PromptOfRequest, usageOf } from "./answering.ts";
import { eventStream } from "./event-stream.ts";
import { finishReason } from "./finish-reason.ts";
import type { PictureReader } from "./pictures.ts";
import { answerFields, body, failures, only, unsupported, usage } from "./schemas.ts";
import type { Resource } from "./service.ts";
import { finite, tokenText } from "./token-log-probabilities.ts";

const request = z
  .strictObject({
    ...answerFields,
    prompt: z.union([z.string(), z.array(z.string()).min(1).max(32)]).describe("Text that the answer goes on. With `images` it holds the model's markers."),
    images: z
      .array(z.string())
      .nullish()
      .describe("Not of OpenAI's: data URLs of pictures, one for each marker of the prompt: `<image>a dax<|endofchunk|><image>`. Without it markers are text."),
    max_tokens: z.int().min(1).nullish(),
    logprobs: z.int().min(0).max(20).nullish(),
    best_of: only(1),
    echo: only(false),
    suffix: unsupported(),
  })
  .refine(({ images, prompt }) => images == null || typeof prompt === "string", {
    path: ["images"],
    error: "belongs to one prompt: give the prompt as one text",
  })
  .refine(({ stream_options, stream }) => stream_options == null || stream === true, { path: ["stream_options"], error: "needs stream to be true" })
  .openapi("CompletionRequest");
type CompletionRequest = z.output<typeof request>;

const logProbabilities = z
  .strictObject({
    tokens: z.array(z.string()),
    token_logprobs: z.array(z.number()),
    top_logprobs: z.array(z.record(z.string(), z.number())),
    text_offset: z.array(z.int()),
  })
  .nullable();

const completion = z
  .strictObject({
    id: z.string(),
    object: z.literal("text_completion"),
    created: z.int(),
    model: z.string(),
    choices: z.array(z.strictObject({ index: z.int(), text: z.string(), finish_reason: z.enum(["stop", "length"]).nullable(), logprobs: logProbabilities })),
    usage: z.union([usage, z.null()]).optional(),
  })
  .openapi("Completion");
type Completion = z.output<typeof completion>;

const route = createRoute({
  method: "post",
  path: "/v1/completions",
  summary: "Go on with a text",
  tags: ["OpenAI"],
  request: body(request),
  responses: {
    200: {
      description: "What comes next; with `stream`, server-sent events, the last of which is `[DONE]`.",
      content: { "application/json": { schema: completion }, "text/event-stream": { schema: completion } },
    },
    ...failures,
  },
});

/** As OpenAI has it for this resource. */
const defaultMaxTokens = 16;

export const completions: Resource = (app, service) => {
  app.openapi(route, async (c) => {
    const asked = c.req.valid("json");
    const model = service.model.named(asked.model);
    const gone = new AbortController();
    const signal = AbortSignal.any([c.var.signal, gone.signal]);
    const begun = await beginAnswers(service, model, await promptsOf(asked, service.pictures, signal), {
      fields: asked,
      maxTokens: asked.max_tokens ?? defaultMaxTokens,
      maxTokensParam: "max_tokens",
      alternatives: asked.logprobs ?? 0,
      started: c.var.started,
      signal,
    });
    const facts = { id: `cmpl-${randomUUID()}`, object: "text_completion" as const, created: Math.floor(Date.now() / 1000), model: asked.model };
    if (asked.stream === true) {
      const end = c.var.stay();
      return eventStream(chunks(model, asked, begun, facts), { end, gone: () => gone.abort(), failed: c.var.failed }) as never;
    }
    const choices = begun.answers.map((_, index): Completion["choices"][number] => ({
      index,
      text: "",
      finish_reason: null,
      logprobs: asked.logprobs == null ? null : none(),
    }));
    let tokens = 0;
    for await (const piece of begun.pieces) {
      const choice = choices[piece.request]!;
      if (piece.end !== "endOfChunk") {
        tokens += 1;
        if (choice.logprobs !== null) tell(model, piece, choice.text.length, choice.logprobs);
      }
      choice.text += piece.text;
      if (piece.end !== undefined) choice.finish_reason = finishReason(piece.end);
    }
    return c.json({ ...facts, choices, usage: usageOf(begun, tokens) }, 200);
  });
};

async function promptsOf({ prompt, images }: CompletionRequest, reader: PictureReader, signal: AbortSignal): Promise<PromptOfRequest[]> {
  if (images == null)
    return [prompt].flat().map((text, i) => ({ pieces: [text], pictures: [], param: typeof prompt === "string" ? "prompt" : `prompt[${i}]` }));
  const pictures = await reader.readList(images, "images", (i) => `images[${i}]`, signal);
  const template = new Template(
    prompt as string,
    pictures.map(({ medium }) => medium),
  );
  return [{ pieces: [template], pictures, param: "prompt" }];
}

async function* chunks(
  model: Flamingo,
  asked: CompletionRequest,
  begun: BegunAnswers,
  facts: Omit<Completion, "choices" | "usage">,
): AsyncGenerator<Completion> {
  const withUsage = asked.stream_options?.include_usage === true;
  const offsets = begun.answers.map(() => 0);
  let tokens = 0;
  for await (const piece of begun.pieces) {
    const index = piece.request;
    const counts = piece.end !== "endOfChunk";
    const logprobs = asked.logprobs == null ? null : none();
    if (counts) {
      tokens += 1;
      if (logprobs !== null) tell(model, piece, offsets[index]!, logprobs);
    }
    offsets[index]! += piece.text.length;
    const finish_reason = piece.end === undefined ? null : finishReason(piece.end);
    if (piece.text !== "" || logprobs !== null || finish_reason !== null)
      yield { ...facts, choices: [{ index, text: piece.text, finish_reason, logprobs }], ...(withUsage ? { usage: null } : {}) };
  }
  if (withUsage) yield { ...facts, choices: [], usage: usageOf(begun, tokens) };
}

type ToldProbabilities = NonNullable<z.output<typeof logProbabilities>>;

const none = (): ToldProbabilities => ({ tokens: [], token_logprobs: [], top_logprobs: [], text_offset: [] });

function tell(model: Flamingo, { token, logProbability, alternatives = [] }: AnswerPiece, offset: number, told: ToldProbabilities): void {
  told.tokens.push(tokenText(model, token));
  told.token_logprobs.push(finite(logProbability));
  told.top_logprobs.push(Object.fromEntries(alternatives.map((each) => [tokenText(model, each.token), finite(each.logProbability)])));
  told.text_offset.push(offset);
}
