import { createRoute, z } from "@hono/zod-openapi";
import { checkPictures } from "./answering.ts";
import { about } from "./errors.ts";
import { body, failures, json } from "./schemas.ts";
import type { Resource } from "./service.ts";
import type { SupportSetFacts } from "./support-set-facts.ts";
import { SupportSetStore } from "./support-set-store.ts";

const request = z
  .strictObject({
    model: z.string(),
    examples: z
      .array(
        z.strictObject({
          image: z.string().describe("A data URL: data:image/png;base64,…"),
          text: z.string().min(1).describe("What is said about it: `a dax`, or `Question: What colour is it? Answer: red`."),
        }),
      )
      .min(1),
    store: z
      .boolean()
      .default(true)
      .describe("Whether it outlives the server's memory, where the server keeps support sets in files. false: for examples that change with every request."),
  })
  .openapi("SupportSetRequest");

const supportSet = z
  .strictObject({
    id: z.string().describe("Follows from the model and the examples."),
    object: z.literal("support_set"),
    created: z.int(),
    model: z.string(),
    examples: z.int(),
    tokens: z.int(),
    bytes: z.int(),
    seconds: z.number().describe("That it took to read the examples; each question saves them."),
    in_memory: z.boolean(),
    on_disk: z.boolean().describe("Whether it is in the server's folder or bucket."),
  })
  .openapi("SupportSet");

const tags = ["Few-shot"];
const params = z.object({ id: z.string() });

const make = createRoute({
  method: "post",
  path: "/v1/support-sets",
  summary: "Read examples once, for any number of questions",
  tags,
  request: body(request),
  responses: { 200: json("It was there already.", supportSet), 201: json("It was made.", supportSet), ...failures },
});
const list = createRoute({
  method: "get",
  path: "/v1/support-sets",
  summary: "All support sets of the model",
  tags,
  responses: { 200: json("In the order in which they were made.", z.strictObject({ object: z.literal("list"), data: z.array(supportSet) })), ...failures },
});
const get = createRoute({
  method: "get",
  path: "/v1/support-sets/{id}",
  summary: "One support set",
  tags,
  request: { params },
  responses: { 200: json("What is known about it.", supportSet), ...failures },
});
const remove = createRoute({
  method: "delete",
  path: "/v1/support-sets/{id}",
  summary: "Forget a support set",
  tags,
  request: { params },
  responses: {
    200: json(
      "Answers that are being made with it go on.",
      z.strictObject({ id: z.string(), object: z.literal("support_set.deleted"), deleted: z.literal(true) }),
    ),
    ...failures,
  },
});

export const supportSets: Resource = (app, { model, queue, pictures: reader, log, metrics, ...service }) => {
  const described = ({ inMemory, onDisk, ...facts }: SupportSetFacts): z.output<typeof supportSet> => ({
    ...facts,
    object: "support_set",
    model: model.name,
    in_memory: inMemory,
    on_disk: onDisk,
  });

  app.openapi(make, async (c) => {
    const asked = c.req.valid("json");
    const flamingo = model.named(asked.model);
    const { signal } = c.var;
    const pictures = await reader.readList(
      asked.examples.map((example) => example.image),
      "examples",
      (i) => `examples[${i}].image`,
      signal,
    );
    const examples = asked.examples.map(({ text }, i) => ({ media: pictures[i]!.medium, text }));
    const id = SupportSetStore.idOf(
      await model.identity(),
      examples.map(({ media, text }) => [media.frames[0] as Uint8Array, text]),
    );
    const { facts, made, unwritten } = await service.supportSets.make(id, asked.store, async () => {
      await checkPictures(flamingo, pictures, signal);
      metrics.asked(0, pictures.length);
      return about("examples", () => queue.run((loaded) => loaded.supportSet(examples, { signal }), signal));
    });
    if (unwritten !== undefined) log.error({ err: unwritten, id }, "the support set could not be kept in a file");
    return c.json(described(facts), made ? 201 : 200);
  });
  app.openapi(list, async (c) => c.json({ object: "list" as const, data: (await service.supportSets.list()).map(described) }, 200));
  app.openapi(get, async (c) => c.json(described(await service.supportSets.get(c.req.valid("param").id)), 200));
  app.openapi(remove, async (c) => {
    const { id } = c.req.valid("param");
    await service.supportSets.delete(id);
    return c.json({ id, object: "support_set.deleted" as const, deleted: true as const }, 200);
  });
};
