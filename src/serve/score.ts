import { createRoute, z } from "@hono/zod-openapi";
import { sharesOf } from "../generate/score.ts";
import { checkPictures } from "./answering.ts";
import { chatPrompt } from "./chat-prompt.ts";
import { messages } from "./chat-schema.ts";
import { about } from "./errors.ts";
import { joinTexts } from "./messages.ts";
import { answerFields, body, failures, json } from "./schemas.ts";
import type { Resource } from "./service.ts";
import { finite } from "./token-log-probabilities.ts";

const request = z
  .strictObject({
    model: answerFields.model,
    support_set: answerFields.support_set,
    messages,
    choices: z.array(z.string().min(1)).min(1).max(1000).describe("Answers that are compared."),
    complete: z.boolean().nullish().describe("Whether a choice must be the whole answer, its end included. Default: true."),
  })
  .openapi("ScoreRequest");

const scores = z
  .strictObject({
    object: z.literal("scores"),
    model: z.string(),
    choices: z.array(
      z.strictObject({
        index: z.int(),
        text: z.string(),
        log_probability: z.number().describe("Natural logarithm of the probability of the whole text."),
        probability: z.number().describe("Among the choices: together they have 1."),
        tokens: z.int(),
      }),
    ),
  })
  .openapi("Scores");

const route = createRoute({
  method: "post",
  path: "/v1/score",
  summary: "Compare how likely answers are",
  tags: ["Few-shot"],
  request: body(request),
  responses: { 200: json("In the order given.", scores), ...failures },
});

export const score: Resource = (app, service) => {
  app.openapi(route, async (c) => {
    const asked = c.req.valid("json");
    const model = service.model.named(asked.model);
    const { signal } = c.var;
    const { pieces, pictures, param } = chatPrompt(model, asked.messages, { maxImages: service.settings.maxImages, supported: asked.support_set != null });
    const last = pieces.at(-1);
    // As the model would say it after the prompt's text.
    const said = asked.choices.map((choice) => (typeof last === "string" ? joinTexts(last, choice).slice(last.length) : choice));
    const options = { complete: asked.complete ?? true, signal };
    const support = await service.supportSets.acquire(asked.support_set);
    try {
      const prompt = [...(support === undefined ? [] : [support.set]), ...pieces];
      const tokens = await service.queue.prepare(async () => {
        await checkPictures(model, pictures, signal);
        await about(param, () => model.check(prompt, { maxTokens: 1 }));
        return about("choices", () => model.check(prompt, { ...options, choices: said }));
      });
      service.metrics.asked(tokens, pictures.length);
      const scored = await service.queue.run((loaded) => loaded.score(prompt, said, options), signal);
      const shares = sharesOf(scored);
      const choices = scored.map(({ logProbability, tokens: length }, index) => ({
        index,
        text: asked.choices[index]!,
        log_probability: finite(logProbability),
        probability: shares[index]!,
        tokens: length,
      }));
      return c.json({ object: "scores" as const, model: asked.model, choices }, 200);
    } finally {
      support?.release();
    }
  });
};
