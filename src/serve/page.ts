import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { html } from "hono/html";
import type { ServerApp } from "./service.ts";

/** Where `npm run build` puts the page, seen from `src/` and from `dist/` alike. */
const built = new URL("../../dist/playground/", import.meta.url);

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".webp": "image/webp",
};

/** Nothing comes from elsewhere, and nothing goes there. Pictures that people give are data URLs. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const notBuilt = html`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>flamingo-vlm</title>
<p>The page is not built yet: run <code>npm run build</code> in the checkout, then load this again. The API is at <code>/v1</code>; <a href="/docs">/docs</a> says what there is.</p>
</html>`;

/** The playground, at `/`. Files have the hash of their content in their names, but for the page itself. */
export function addPage(app: ServerApp, folder = built): void {
  app.get("/", async (c) => {
    const page = await readFile(new URL("index.html", folder)).catch(() => undefined);
    c.header("content-security-policy", policy);
    c.header("x-content-type-options", "nosniff");
    c.header("referrer-policy", "no-referrer");
    c.header("cache-control", "no-cache");
    return page === undefined ? c.html(notBuilt) : c.body(page, 200, { "content-type": types[".html"]! });
  });
  app.get("/assets/:name", async (c) => {
    const name = c.req.param("name");
    // Such a name leads nowhere else.
    const file = /^\w[\w.-]*$/.test(name) ? await readFile(new URL(`assets/${name}`, folder)).catch(() => undefined) : undefined;
    if (file === undefined) return c.notFound();
    c.header("x-content-type-options", "nosniff");
    c.header("cache-control", "public, max-age=31536000, immutable");
    return c.body(file, 200, { "content-type": types[extname(name)] ?? "application/octet-stream" });
  });
}
