/**
 * A resource in a server of your own, which answers pictures after examples that were read when it started (`npm install hono @hono/node-server`):
 *
 *     node http-server.ts
 *     curl --data-binary @picture.png http://127.0.0.1:3000/name
 *
 * In Express the same two lines stand in `app.post("/name", express.raw({ type: () => true, limit: "10mb" }), …)`, with `request.body`. A whole server with OpenAI's interface is `flamingo serve`.
 */
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { serve } from "@hono/node-server";
import { DataError, Flamingo, image } from "flamingo-vlm";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";

const picture = (name: string) => image(fileURLToPath(new URL(`models/nano/drawings/${name}.webp`, import.meta.resolve("flamingo-vlm/package.json"))));

const model = await Flamingo.load("nano", { maxPixels: 50_000_000 });
const task = await model.supportSet([
  { media: picture("noto/turtle"), text: "a dax" },
  { media: picture("noto/crown"), text: "a blick" },
]);
// Questions that come at the same time are answered together.
const scheduler = model.scheduler();

const app = new Hono();
app.post("/name", bodyLimit({ maxSize: 10_000_000 }), async (context) => {
  const sent = new Uint8Array(await context.req.arrayBuffer());
  let name = "";
  for await (const { text } of scheduler.answer([{ prompt: [task, image(sent)], maxTokens: 10 }], context.req.raw.signal)) name += text;
  return context.json({ name: name.trim() });
});
app.onError((error, context) => context.json({ error: error.message }, error instanceof DataError ? 400 : 500));

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.env["PORT"] ?? 3000) }, ({ port }: AddressInfo) =>
  console.log(`http://127.0.0.1:${port}/name`),
);
process.once("SIGTERM", () => server.close(() => model.dispose()));
