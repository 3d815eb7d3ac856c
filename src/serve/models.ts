import { createRoute, z } from "@hono/zod-openapi";
import { failures, json } from "./schemas.ts";
import type { Resource, Service } from "./service.ts";

const model = z.strictObject({ id: z.string(), object: z.literal("model"), created: z.int(), owned_by: z.string() }).openapi("Model");

const list = createRoute({
  method: "get",
  path: "/v1/models",
  summary: "The model that is served",
  tags: ["OpenAI"],
  responses: {
    200: json("A list of one.", z.strictObject({ object: z.literal("list"), data: z.array(model) })),
    ...failures,
  },
});

const one = createRoute({
  method: "get",
  // Names of the hub have a slash in them.
  path: "/v1/models/{model}",
  summary: "The same, by its name",
  tags: ["OpenAI"],
  request: { params: z.object({ model: z.string() }) },
  responses: { 200: json("The model.", model), ...failures },
});

export const models: Resource = (app, service) => {
  app.openapi(list, (c) => c.json({ object: "list" as const, data: [described(service)] }, 200));
  app.openapi(one, (c) => {
    service.model.named(c.req.valid("param").model);
    return c.json(described(service), 200);
  });
};

function described({ model: { name, created } }: Service): z.output<typeof model> {
  return { id: name, object: "model", created, owned_by: "flamingo-vlm" };
}
