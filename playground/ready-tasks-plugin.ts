import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const name = "virtual:ready-tasks";
const nano = new URL("../models/nano/", import.meta.url);

/** `demonstrations.json`: pictures are files beside it. */
interface Demonstration {
  readonly title: string;
  readonly shots: readonly (readonly [picture: string, text: string])[];
  readonly query: string;
  readonly text?: string;
}

/** What `flamingo start` asks nano, as a module of tasks whose pictures are assets of the page: of the drawings only those that are shown are built into it. */
export function readyTasks(): Plugin {
  return {
    name: "ready-tasks",
    resolveId: (id) => (id === name ? `\0${name}` : null),
    async load(id) {
      if (id !== `\0${name}`) return null;
      const file = fileURLToPath(new URL("demonstrations.json", nano));
      this.addWatchFile(file);
      const demonstrations = JSON.parse(await readFile(file, "utf8")) as readonly Demonstration[];
      const pictures = [...new Set(demonstrations.flatMap(({ shots, query }) => [...shots.map(([picture]) => picture), query]))];
      const imports = pictures.map((picture, i) => `import picture${i} from ${JSON.stringify(`${fileURLToPath(new URL(picture, nano))}?url`)};`);
      const address = (picture: string): string => `picture${pictures.indexOf(picture)}`;
      const tasks = demonstrations.map(({ title, shots, query, text = "" }) => {
        const examples = shots.map(([picture, said]) => `{ picture: ${address(picture)}, text: ${JSON.stringify(said)} }`);
        return `{ title: ${JSON.stringify(title)}, examples: [${examples.join(", ")}], question: { picture: ${address(query)}, text: ${JSON.stringify(text)} }, choices: [] }`;
      });
      return [...imports, `export const readyTasks = [${tasks.join(",\n")}];`].join("\n");
    },
  };
}
