import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import type { LoopbackRepository } from "./loopback-hub.ts";

/** The repository that Python's library pulled when test/fixtures/checkpoint/hub-layout.json was made: `tools/reference/hub_layout.py`. */
export const layoutName = "flamingo-tests/layout";
const text = (content: string): Uint8Array => new TextEncoder().encode(content);
export const layoutRepository: LoopbackRepository = {
  commit: "0123456789abcdef0123456789abcdef01234567",
  references: ["refs/pr/7", "v1.0"],
  files: [
    { name: ".gitattributes", content: text("*.safetensors filter=lfs\n") },
    { name: "README.md", content: text("A model for tests.\n") },
    { name: "config.json", content: text('{"width": 8}\n') },
    { name: "empty.txt", content: new Uint8Array() },
    { name: "parts/more/copy of config.json", content: text('{"width": 8}\n') },
    { name: "parts/model-00001-of-00002.safetensors", content: Uint8Array.from({ length: 3000 }, (_, i) => (i * 7) % 251), large: true },
    { name: "parts/model-00002-of-00002.safetensors", content: Uint8Array.from({ length: 2000 }, (_, i) => (i * 11) % 241), large: true },
  ],
};

/** What is in a folder: for each path below it, where a link leads, or the size of a file, or the whole of it if it is short text of the cache itself. */
export async function listing(folder: string): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const entry of (await readdir(folder, { recursive: true, withFileTypes: true })).filter((each) => !each.isDirectory())) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length + 1);
    if (entry.isSymbolicLink()) found[name] = `-> ${await readlink(path)}`;
    else if (name.startsWith("refs/") || name.startsWith("trees/")) found[name] = await readFile(path, "utf8");
    else found[name] = `${(await stat(path)).size} bytes`;
  }
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}
