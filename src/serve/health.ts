import { createRoute, z } from "@hono/zod-openapi";
import { ApiError } from "./errors.ts";
import type { Admission } from "./request-middleware.ts";
import { errorBody, json } from "./schemas.ts";
import type { ServerApp, Service } from "./service.ts";

const status = z.strictObject({ status: z.literal("ok") });
const tags = ["Operation"];

const alive = createRoute({ method: "get", path: "/healthz", summary: "Whether the server is alive", tags, responses: { 200: json("It is.", status) } });
const ready = createRoute({
  method: "get",
  path: "/readyz",
  summary: "Whether it answers",
  tags,
  responses: { 200: json("The model is loaded.", status), 503: json("The model is loading, or the server is stopping.", errorBody) },
});
const numbers = createRoute({
  method: "get",
  path: "/metrics",
  summary: "What Prometheus reads",
  tags,
  responses: { 200: { description: "Prometheus's text form.", content: { "text/plain": { schema: z.string() } } } },
});

/** What an orchestrator and a monitor ask. */
export function addHealth(app: ServerApp, { model, metrics }: Service, admission: Admission): void {
  app.openapi(alive, (c) => c.json({ status: "ok" as const }, 200));
  app.openapi(ready, (c) => {
    if (admission.isClosed) throw new ApiError(503, "the server is stopping", { code: "stopping" });
    model.loaded();
    return c.json({ status: "ok" as const }, 200);
  });
  app.openapi(numbers, async (c) => c.text(await metrics.registry.metrics(), 200, { "content-type": metrics.registry.contentType }) as never);
}
