import { createMcpHandler } from "@modelcontextprotocol/server";
import { mcpServer } from "./mcp.ts";
import { packageVersion } from "./package-version.ts";
import { keyed, sentFromHere } from "./request-middleware.ts";
import type { ServerApp, Service } from "./service.ts";

/** `/mcp`: the tools over streamable HTTP. Every request stands for itself, so that any replica may answer it. */
export function addMcp(app: ServerApp, { model, settings, log }: Service): void {
  const handler = createMcpHandler(
    async () =>
      mcpServer({
        ask: async (path, body, signal) =>
          app.request(`http://localhost${path}`, {
            method: "POST",
            headers: {
              host: "localhost",
              "content-type": "application/json",
              ...(settings.apiKey === undefined ? {} : { authorization: `Bearer ${settings.apiKey}` }),
            },
            body: JSON.stringify(body),
            signal,
          }),
        model: async () => model.name,
        pictureHelp: "The picture as a data URL: data:image/png;base64,…",
        pictureUrl: (given) => given,
        version: await packageVersion(),
      }),
    { maxRequestBodySize: settings.maxBody, onerror: (error) => log.debug({ err: error }, "a message of the Model Context Protocol was refused") },
  );
  app.use("/mcp", sentFromHere(settings.hosts, settings.allowedOrigins));
  app.use("/mcp", keyed(settings.apiKey));
  app.all("/mcp", (c) => handler.fetch(c.req.raw));
}
