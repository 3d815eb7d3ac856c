import { createRoute, z } from "@hono/zod-openapi";
import { sharesOf } from "../generate/score.ts";
import { askAbout, givenPromptFields } from "./given-answers.ts";
import { body, failures, json } from "./schemas.ts";
import type { Resource } from "./service.ts";
import { finite } from "./token-log-probabilities.ts";

const request = z
  .strictObject({
    ...givenPromptFields,
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
    const { signal } = c.var;
    const complete = asked.complete ?? true;
    const scored = await askAbout(service, asked, { texts: asked.choices, param: "choices", complete, signal }, (model, prompt, said) =>
      model.score(prompt, said, { complete, signal }),
    );
    const shares = sharesOf(scored);
    const choices = scored.map(({ logProbability, tokens }, index) => ({
      index,
      text: asked.choices[index]!,
      log_probability: finite(logProbability),
      probability: shares[index]!,
      tokens,
    }));
    return c.json({ object: "scores" as const, model: asked.model, choices }, 200);
  });
};
