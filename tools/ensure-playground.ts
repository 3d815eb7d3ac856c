/**
 * Builds the page that the server shows, where it is missing or older than what it is made of: for a checkout in which nobody has run `npm run build`.
 *
 *     node tools/ensure-playground.ts         the server's page
 *     node tools/ensure-playground.ts site    the static site, as `npm run build:site` does
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const site = process.argv[2] === "site";
const page = join(root, site ? "site/index.html" : "dist/playground/index.html");
/** What the page is made of, besides the pictures that `demonstrations.json` names. */
const sources = ["playground", "package-lock.json", ...(site ? ["src", "models/nano"] : ["models/nano/demonstrations.json"])];

async function changed(path: string): Promise<number> {
  const found = await stat(path);
  if (!found.isDirectory()) return found.mtimeMs;
  const inside = (await readdir(path)).filter((name) => name !== "node_modules").map((name) => changed(join(path, name)));
  return Math.max(found.mtimeMs, ...(await Promise.all(inside)));
}

const latest = Math.max(...(await Promise.all(sources.map((source) => changed(join(root, source))))));
if (!existsSync(page) || (await stat(page)).mtimeMs < latest) {
  process.stderr.write("building the page\n");
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(root, "node_modules/vite/bin/vite.js"), "build", "playground", "--logLevel", "warn", ...(site ? ["--mode", "site"] : [])],
    {
      cwd: root,
      encoding: "utf8",
    },
  );
  // Answers need no page: the server says what to run.
  if (status !== 0) process.stderr.write(`The page could not be built${site ? "" : "; the server runs without it"}.\n${stderr}`);
}
