import { createRoute, z } from "@hono/zod-openapi";
import type { HostTensor } from "../runtime/runtime.ts";
import { checkPictures, type ReceivedPicture } from "./answering.ts";
import { invalid } from "./errors.ts";
import { pictureOf } from "./pictures.ts";
import { failures, noted, unsupported } from "./schemas.ts";
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
  request: { body: { required: true, content: { "application/json": { schema: request } } } },
  responses: {
    200: { description: "The mean of the frozen vision encoder's features.", content: { "application/json": { schema: embeddingList } } },
    ...failures,
  },
});

export const embeddings: Resource = (app, service) => {
  app.openapi(route, async (c) => {
    const asked = c.req.valid("json");
    const model = service.model.named(asked.model);
    const { signal } = c.var;
    const { maxImages } = service.settings;
    const urls = [asked.input].flat();
    if (urls.length > maxImages) throw invalid(`input: a request may hold at most ${maxImages} pictures, found ${urls.length}`, "input", "too_many_images");
    const pictures = urls.map((url, i): ReceivedPicture => {
      const param = typeof asked.input === "string" ? "input" : `input[${i}]`;
      return { medium: pictureOf(url, param), param };
    });
    await service.queue.prepare(() => checkPictures(model, pictures, signal));
    service.metrics.asked(0, pictures.length);
    const features = await service.queue.run((loaded) => loaded.embedAll(pictures.map(({ medium }) => medium)), signal);
    const data = features.map((each, index) => {
      const vector = directionOf(each);
      const embedding = asked.encoding_format === "base64" ? Buffer.from(vector.buffer).toString("base64") : [...vector];
      return { object: "embedding" as const, index, embedding };
    });
    return c.json({ object: "list" as const, model: asked.model, data, usage: { prompt_tokens: 0, total_tokens: 0 } }, 200);
  });
};

/** The mean over all positions, of length 1. @param features - float32 [frames, positions, width] */
function directionOf({ shape, data }: HostTensor): Float32Array<ArrayBuffer> {
  const width = shape.at(-1)!;
  const mean = new Float32Array(width);
  for (let i = 0; i < data.length; i++) mean[i % width]! += Number(data[i]);
  const length = Math.hypot(...mean);
  return length === 0 ? mean : mean.map((value) => value / length);
}
