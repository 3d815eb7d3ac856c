import { readFile } from "node:fs/promises";
import { join } from "node:path";

export interface PublicName {
  /** As it is imported: `flamingo-vlm/data`. */
  readonly name: string;
  readonly inBrowsers: boolean;
}

/** The package's public names with the platforms that they are promised for: the table of its `docs/README.md`. @param folder - of the consumer */
export async function publicNames(folder: string): Promise<readonly PublicName[]> {
  const page = await readFile(join(folder, "node_modules/flamingo-vlm/docs/README.md"), "utf8");
  return [...page.matchAll(/^\| `(flamingo-vlm[\w/]*)` \|.*\| (.*) \|$/gm)].map(([, name, where]) => ({ name: name!, inBrowsers: /browser/.test(where!) }));
}

/** What each gives, in a module whose default export is a promise of it: by name the sorted names of its values. */
export function namesProgram(names: readonly PublicName[]): string {
  const imported = names.map(({ name }) => `${JSON.stringify(name)}: Object.keys(await import(${JSON.stringify(name)})).sort()`);
  return `export default (async () => ({ ${imported.join(", ")} }))();\n`;
}

/** The same of the sources that `package.json` names for them. */
export async function namesOfSources(names: readonly PublicName[]): Promise<Readonly<Record<string, readonly string[]>>> {
  return Object.fromEntries(await Promise.all(names.map(async ({ name }) => [name, Object.keys(await import(name)).sort()] as const)));
}
