import { randomUUID } from "node:crypto";
import { createRoute, type z } from "@hono/zod-openapi";
import type { AnswerPiece } from "../generate/answer-stream.ts";
import { AnswerText } from "../generate/answer-text.ts";
import type { Flamingo } from "../generate/flamingo-model.ts";
import { type BegunAnswers, beginAnswers, usageOf } from "./answering.ts";
import { chatPrompt } from "./chat-prompt.ts";
import { type ChatChunk, type ChatRequest, chatChunk, chatCompletion, chatRequest } from "./chat-schema.ts";
import { eventStream } from "./event-stream.ts";
import { finishReason } from "./finish-reason.ts";
import { body, failures } from "./schemas.ts";
import type { Resource } from "./service.ts";
import { logProbabilityOf } from "./token-log-probabilities.ts";

const route = createRoute({
  method: "post",
  path: "/v1/chat/completions",
  summary: "Answer a conversation",
  tags: ["OpenAI"],
  request: body(chatRequest),
  responses: {
    200: {
      description: "The answer; with `stream`, server-sent events, the last of which is `[DONE]`.",
      content: { "application/json": { schema: chatCompletion }, "text/event-stream": { schema: chatChunk } },
    },
    ...failures,
  },
});

export const chatCompletions: Resource = (app, service) => {
  app.openapi(route, async (c) => {
    const asked = c.req.valid("json");
    const model = service.model.named(asked.model);
    const gone = new AbortController();
    const signal = AbortSignal.any([c.var.signal, gone.signal]);
    const prompt = await chatPrompt(model, asked.messages, { pictures: service.pictures, supported: asked.support_set != null, signal });
    const begun = await beginAnswers(service, model, [prompt], {
      fields: asked,
      maxTokens: asked.max_completion_tokens ?? asked.max_tokens ?? undefined,
      maxTokensParam: asked.max_completion_tokens == null ? "max_tokens" : "max_completion_tokens",
      alternatives: asked.top_logprobs ?? 0,
      started: c.var.started,
      signal,
    });
    const facts = { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model: asked.model };
    if (asked.stream !== true) return c.json({ ...(await whole(model, asked, begun)), ...facts, object: "chat.completion" as const }, 200);
    const end = c.var.stay();
    return eventStream(chunks(model, asked, begun, facts), { end, gone: () => gone.abort(), failed: c.var.failed }) as never;
  });
};

/** The answer in one piece. */
async function whole(model: Flamingo, asked: ChatRequest, begun: BegunAnswers): Promise<Pick<z.output<typeof chatCompletion>, "choices" | "usage">> {
  const answers = Array.from({ length: asked.n ?? 1 }, () => ({
    text: new AnswerText(),
    content: "",
    told: [] as AnswerPiece[],
    finish: "stop" as "stop" | "length",
  }));
  let tokens = 0;
  for await (const piece of begun.pieces) {
    const answer = answers[piece.request]!;
    answer.content += answer.text.next(piece.text);
    if (piece.end !== undefined) answer.finish = finishReason(piece.end);
    if (piece.end === "endOfChunk") continue;
    tokens += 1;
    answer.told.push(piece);
  }
  return {
    choices: answers.map(({ content, told, finish }, index) => ({
      index,
      message: { role: "assistant", content, refusal: null },
      finish_reason: finish,
      logprobs: asked.logprobs === true ? { content: told.map((piece) => logProbabilityOf(model, piece)), refusal: null } : null,
    })),
    usage: usageOf(begun, tokens),
  };
}

/** The answer as it is made. */
async function* chunks(
  model: Flamingo,
  asked: ChatRequest,
  begun: BegunAnswers,
  facts: Pick<ChatChunk, "id" | "created" | "model">,
): AsyncGenerator<ChatChunk> {
  const withUsage = asked.stream_options?.include_usage === true;
  const chunk = (choices: ChatChunk["choices"], usage: ChatChunk["usage"] = null): ChatChunk => ({
    ...facts,
    object: "chat.completion.chunk",
    choices,
    ...(withUsage ? { usage } : {}),
  });
  const texts = Array.from({ length: asked.n ?? 1 }, () => new AnswerText());
  for (const index of texts.keys()) yield chunk([{ index, delta: { role: "assistant", content: "", refusal: null }, finish_reason: null, logprobs: null }]);
  let tokens = 0;
  for await (const piece of begun.pieces) {
    const index = piece.request;
    const content = texts[index]!.next(piece.text);
    const counts = piece.end !== "endOfChunk";
    if (counts) tokens += 1;
    const logprobs = asked.logprobs === true && counts ? { content: [logProbabilityOf(model, piece)], refusal: null } : null;
    if (content !== "" || logprobs !== null) yield chunk([{ index, delta: { content }, finish_reason: null, logprobs }]);
    if (piece.end !== undefined) yield chunk([{ index, delta: {}, finish_reason: finishReason(piece.end), logprobs: null }]);
  }
  if (withUsage) yield chunk([], usageOf(begun, tokens));
}
