import { createRoute, z } from "@hono/zod-openapi";
import { meanFeature } from "../generate/feature-rows.ts";
import { checkPictures } from "./answering.ts";
import { body, failures, json, noted, unsupported } from "./schemas.ts";
import type { Resource } from "./service.ts";

const request = z
  .strictObject({
    model: z.string(),
    input: z.union([z.string(), z.array(z.string()).min(1)]).describe("Pictures as data URLs: it is the vision encoder that is asked."),
    encoding_format: z.enum(["float", "base64"]).nullish(),
    dimensions: unsupported(),
    user: noted,
  })
  .openapi("EmbeddingRequest");

const embeddingList = z
  .strictObject({
    object: z.literal("list"),
    model: z.string(),
    data: z.array(
      z.strictObject({
        object: z.literal("embedding"),
        index: z.int(),
        embedding: z.union([z.array(z.number()), z.string()]).describe("Of length 1. With base64: float32, little-endian."),
      }),
    ),
    usage: z.strictObject({ prompt_tokens: z.int(), total_tokens: z.int() }).describe("0: pictures are read without tokens."),
  })
  .openapi("Embeddings");

const route = createRoute({
  method: "post",
  path: "/v1/embeddings",
  summary: "Pictures as vectors, to find similar ones",
  tags: ["OpenAI"],
  request: body(request),
  responses: { 200: json("The mean of the frozen vision encoder's features.", embeddingList), ...failures },
});

export const embeddings: Resource = (app, service) => {
  app.openapi(route, async (c) => {
    const asked = c.req.valid("json");
    const model = service.model.named(asked.model);
    const { signal } = c.var;
    const { input } = asked;
    const pictures = await service.pictures.readList([input].flat(), "input", (i) => (typeof input === "string" ? "input" : `input[${i}]`), signal);
    await checkPictures(model, pictures, signal);
    service.metrics.asked(0, pictures.length);
    const features = await service.queue.run((loaded) => loaded.embedAll(pictures.map(({ medium }) => medium)), signal);
    const data = features.map((each, index) => {
      const vector = directionOf(meanFeature(each));
      const embedding = asked.encoding_format === "base64" ? Buffer.from(vector.buffer).toString("base64") : [...vector];
      return { object: "embedding" as const, index, embedding };
    });
    return c.json({ object: "list" as const, model: asked.model, data, usage: { prompt_tokens: 0, total_tokens: 0 } }, 200);
  });
};

/** Of length 1. */
function directionOf(vector: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((value) => value / length);
}
