import { OpenAPIHono } from "@hono/zod-openapi";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import { chatCompletions } from "./chat-completions.ts";
import { completions } from "./completions.ts";
import { addDocs } from "./docs.ts";
import { embeddings } from "./embeddings.ts";
import { ApiError, apiErrorOf } from "./errors.ts";
import { explain } from "./explain.ts";
import { addHealth } from "./health.ts";
import { addMcp } from "./mcp-endpoint.ts";
import { models } from "./models.ts";
import { addPage } from "./page.ts";
import { Admission, addressed, keyed, known } from "./request-middleware.ts";
import { score } from "./score.ts";
import type { RequestVariables, Resource, ServerApp, Service } from "./service.ts";
import { supportSets } from "./support-sets.ts";
import { errorOf } from "./validation.ts";

/** To add a resource is to add a file and its name here. */
const resources: readonly Resource[] = [models, chatCompletions, completions, supportSets, score, explain, embeddings];

export interface ServeApp {
  readonly app: ServerApp;
  readonly admission: Admission;
}

/** The whole server, without a port. */
export function createApp(service: Service): ServeApp {
  const { settings } = service;
  const app: ServerApp = new OpenAPIHono<RequestVariables>({
    defaultHook: (result) => {
      if (!result.success) throw errorOf(result.error);
    },
  });
  const admission = new Admission(settings);
  app.use(known(service));
  app.use(addressed(settings.hosts));
  // Before the key, which a browser's question beforehand does not say.
  if (settings.allowedOrigins.length > 0) app.use("/v1/*", cors({ origin: [...settings.allowedOrigins], exposeHeaders: ["x-request-id", "retry-after"] }));
  app.use("/v1/*", keyed(settings.apiKey));
  app.use("/v1/*", admission.middleware);
  app.on("POST", "/v1/*", bodyLimit({ maxSize: settings.maxBody, onError: () => tooLarge(settings.maxBody) }));
  for (const add of resources) add(app, service);
  addHealth(app, service, admission);
  addMcp(app, service);
  addDocs(app);
  addPage(app);
  app.notFound((c) => {
    const allowed = methodsOf(app, c.req.path);
    if (allowed.length > 0 && !allowed.includes(c.req.method)) {
      const said = `${c.req.path} is asked with ${allowed.join(" or ")}`;
      return c.json(new ApiError(405, said, { param: "method", code: "method_not_allowed" }).body, 405, { allow: allowed.join(", ") });
    }
    const { body } = new ApiError(404, `there is nothing at ${c.req.method} ${c.req.path}; /docs lists what there is`, { param: "path", code: "not_found" });
    return c.json(body, 404);
  });
  app.onError((error, c) => {
    // Nobody reads it; nginx's number for this stands in the log.
    if (c.req.raw.signal.aborted) return c.body(null, 499 as never);
    c.var.failed(error);
    const failure = apiErrorOf(error);
    if (failure.retryAfter !== undefined) c.header("retry-after", String(failure.retryAfter));
    // The rest of what is too large is not read.
    if (failure.status === 413) c.header("connection", "close");
    // OpenAI's client would ask the same again, which takes as long again.
    if (failure.status === 408) c.header("x-should-retry", "false");
    return c.json(failure.body, failure.status);
  });
  return { app, admission };
}

/** What a path may be asked with. */
function methodsOf({ router }: ServerApp, path: string): string[] {
  const known = ["GET", "POST", "PUT", "PATCH", "DELETE"].filter((method) =>
    router.match(method, path)[0].some(([[, route]]) => route.method === method && !route.path.endsWith("*")),
  );
  return known.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
}

function tooLarge(most: number): never {
  throw new ApiError(413, `the request is larger than ${most} bytes: send fewer or smaller pictures`, { param: "body", code: "request_too_large" });
}
