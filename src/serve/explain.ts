import { createRoute, z } from "@hono/zod-openapi";
import type { ExplainedLayer, ExplainedWord, Explanation, Look } from "../generate/explanation.ts";
import { ConfigError } from "../model/strict-config.ts";
import { about } from "./errors.ts";
import { askAbout, givenPromptFields } from "./given-answers.ts";
import { body, failures, json } from "./schemas.ts";
import type { Resource } from "./service.ts";
import { finite } from "./token-log-probabilities.ts";

const request = z
  .strictObject({
    ...givenPromptFields,
    // What comes back has maps for each of its words.
    answer: z.string().min(1).max(2000).describe("The answer to explain: what the model said, or might have."),
  })
  .openapi("ExplanationRequest");

// What the library gives is written as it is.
const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();
const numbers = list(z.number());
const gates = z.strictObject({
  attention: numbers.describe("tanh(alpha) of the cross-attention: one number, or one for each channel."),
  feed_forward: numbers.optional().describe("Of the layer's own feed-forward part."),
});
const layer = z.strictObject({ block: z.int().describe("The language model's block that it belongs to."), gates }).openapi("ExplainedLayer");

const frame = z.strictObject({
  width: z.int(),
  height: z.int(),
  area: z
    .strictObject({ left: z.number(), top: z.number(), width: z.number(), height: z.number() })
    .describe("Where a map lies on it, in shares of its width and height; it may reach beyond the picture, or not over all of it."),
});
const medium = z
  .strictObject({
    index: z.int().describe("Its place among the pictures of the messages."),
    kind: z.enum(["image", "video"]),
    rows: z.int().describe("Of each map."),
    columns: z.int(),
    frames: list(frame),
  })
  .openapi("ExplainedMedium");

const look = z
  .strictObject({
    share: z.number().describe("Of the attention, that this picture got."),
    latents: numbers.describe("The same by latent."),
    map: list(list(numbers)).describe("The same by place: [frames][rows][columns]."),
    evidence: numbers.describe("What of it is about the verdict of the encoder's classifier on each frame, which lies nowhere."),
    class_token: numbers.describe("What of it is about each frame's class token, which lies nowhere."),
    learnt: z.number().describe("What of it is about what the latents are for every picture. The four together are the share."),
  })
  .openapi("Look");

const word = z
  .strictObject({
    text: z.string().describe("All words' texts together are the answer."),
    from: z.int().describe("Its first token."),
    to: z.int().describe("The token after its last one."),
    log_probability: z.number(),
    support_set: z.number().describe("The share of the support set's pictures, of which there are no maps."),
    media: list(z.strictObject({ index: z.int(), layers: list(look), average: look })),
  })
  .openapi("ExplainedWord");

const explanation = z
  .strictObject({
    object: z.literal("explanation"),
    model: z.string(),
    tokens: list(z.strictObject({ token: z.int(), text: z.string(), log_probability: z.number() })),
    layers: list(layer).describe("Fusion layers in order."),
    gate_scale: z.number().describe("Everything that these layers add is multiplied with it, beside their gates."),
    media: list(medium).describe("The pictures that the answer sees."),
    words: list(word),
  })
  .openapi("Explanation");

const route = createRoute({
  method: "post",
  path: "/v1/explain",
  summary: "Where in the pictures the model looked for each word of an answer",
  tags: ["Few-shot"],
  request: body(request),
  responses: { 200: json("By word, fusion layer and place.", explanation), ...failures },
});

export const explain: Resource = (app, service) => {
  app.openapi(route, async (c) => {
    const asked = c.req.valid("json");
    const { signal } = c.var;
    const explained = await about(fieldOf, () =>
      askAbout(service, asked, { texts: [asked.answer], param: "answer", complete: false, signal }, (model, prompt, [said]) =>
        model.explain(prompt, said!, { signal }),
      ),
    );
    return c.json({ object: "explanation" as const, model: asked.model, ...written(explained) }, 200);
  });
};

/** What the library alone finds: a resampler that cannot be explained, and messages without a picture that the answer sees. */
function fieldOf(error: unknown): string {
  return error instanceof ConfigError ? "model" : "messages";
}

/** Without heads, and without what each of the resampler's own layers does. */
function written({ tokens, layers, gateScale, media, words }: Explanation): Omit<z.input<typeof explanation>, "object" | "model"> {
  return {
    tokens: tokens.map(({ token, text, logProbability }) => ({ token, text, log_probability: finite(logProbability) })),
    layers: layers.map(writtenLayer),
    gate_scale: gateScale,
    media: media.map(({ index, kind, rows, columns, frames }) => ({ index, kind, rows, columns, frames })),
    words: words.map(writtenWord),
  };
}

function writtenLayer({ block, gates: { attention, feedForward } }: ExplainedLayer): z.input<typeof layer> {
  return { block, gates: { attention, ...(feedForward === undefined ? {} : { feed_forward: feedForward }) } };
}

function writtenWord({ text, from, to, logProbability, supportSet, media }: ExplainedWord): z.input<typeof word> {
  const looks = media.map(({ index, layers, average }) => ({ index, layers: layers.map(writtenLook), average: writtenLook(average) }));
  return { text, from, to, log_probability: finite(logProbability), support_set: supportSet, media: looks };
}

function writtenLook({ share, latents, map, evidence, classToken, learnt }: Look): z.input<typeof look> {
  return { share, latents, map, evidence, class_token: classToken, learnt };
}
