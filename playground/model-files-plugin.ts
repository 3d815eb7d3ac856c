import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const name = "virtual:model-files";
const nano = new URL("../models/nano/", import.meta.url);

/** nano's files as assets of the page, with what they must be. */
export function modelFiles(): Plugin {
  return {
    name: "model-files",
    resolveId: (id) => (id === name ? `\0${name}` : null),
    async load(id) {
      if (id !== `\0${name}`) return null;
      const { tokenizer, parts } = JSON.parse(await readFile(new URL("flamingo.json", nano), "utf8")) as {
        tokenizer: string;
        parts: Readonly<Record<string, { readonly file: string }>>;
      };
      const files = ["flamingo.json", tokenizer, ...Object.values(parts).map(({ file }) => file)];
      const imports = files.map((file, i) => `import address${i} from ${JSON.stringify(`${fileURLToPath(new URL(file, nano))}?url`)};`);
      const described = files.map(async (file, i) => {
        const path = new URL(file, nano);
        this.addWatchFile(fileURLToPath(path));
        const bytes = await readFile(path);
        const sha256 = createHash("sha256").update(bytes).digest("hex");
        return `{ file: ${JSON.stringify(file)}, address: new URL(address${i}, import.meta.url).href, bytes: ${bytes.length}, sha256: "${sha256}" }`;
      });
      return [...imports, `export const modelFiles = [${(await Promise.all(described)).join(",\n")}];`].join("\n");
    },
  };
}
