import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { jsonOf } from "flamingo-vlm/data";
import { writeWhole } from "flamingo-vlm/files";
import { thingLabels } from "../evaluation/photograph-names.ts";
import { runProgram } from "../run-program.ts";
import { type Photograph, type PhotographIndex, photographFile, photographSources } from "./photographs.ts";

export interface PhotographsEvent {
  readonly type: "photographs";
  readonly done: number;
  readonly total: number;
}

/**
 * Fetches the Debian packages with apt, unpacks them below `out` and writes `out/photographs.json`. Needs apt and dpkg, as on Debian and Ubuntu; nothing is installed.
 * @throws when one of these is missing or the package cannot be fetched
 */
export async function* fetchPhotographs(out: string, signal?: AbortSignal): AsyncGenerator<PhotographsEvent> {
  const sources: PhotographIndex["sources"][number][] = [];
  for (const { id, debianPackage, folder, classOf } of photographSources) {
    yield { type: "photographs", done: sources.length, total: photographSources.length };
    const unpacked = join(out, id);
    if (!(await hasFolder(unpacked))) {
      // What is there under its name is whole.
      const partial = join(out, `.${id}.partial`);
      await rm(partial, { recursive: true, force: true });
      await mkdir(partial, { recursive: true });
      const run = (program: string, args: readonly string[], purpose: string): Promise<void> => runProgram(program, args, { folder: partial, purpose, signal });
      await run("apt-get", ["download", debianPackage], `fetch the Debian package ${debianPackage}; "apt-get update" may be needed first`);
      const archive = (await readdir(partial)).find((name) => name.endsWith(".deb"));
      if (archive === undefined) throw new Error(`apt-get left no package of ${debianPackage} in ${partial}`);
      await run("dpkg-deb", ["--extract", archive, "."], `unpack ${archive}`);
      await rename(partial, unpacked);
    }
    const photographs: Photograph[] = [];
    for (const file of await files(unpacked)) {
      if (!file.startsWith(`${folder}/`)) continue;
      const path = file.slice(folder.length + 1);
      const photograph = photographFile(id, path);
      const shows = classOf(path);
      if (shows === undefined && !thingLabels.has(photograph)) continue;
      photographs.push({ file: photograph, ...(shows === undefined ? {} : { class: shows }), ...(await captionOf(join(unpacked, file))) });
    }
    if (photographs.length === 0) throw new Error(`there are no photographs in ${unpacked}; delete the folder, and the same command fetches them again`);
    sources.push({ id, photographs: photographs.sort((a, b) => (a.file < b.file ? -1 : 1)) });
  }
  await writeWhole(join(out, "photographs.json"), `${JSON.stringify({ format: 1, sources } satisfies PhotographIndex)}\n`, { makeFolders: true });
  yield { type: "photographs", done: sources.length, total: sources.length };
}

/** @throws when there are none in the folder */
export async function openPhotographIndex(folder: string): Promise<PhotographIndex> {
  const file = join(folder, "photographs.json");
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new Error(`there is no ${file}; fetch the photographs with "flamingo data nano/photographs-data"`, { cause: error });
  });
  return jsonOf(bytes, file) as PhotographIndex;
}

async function hasFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Paths below a folder, with `/` on every system. */
async function files(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"));
}

/** Tux Paint keeps a stamp's caption beside it; its first line is English. */
async function captionOf(picture: string): Promise<{ caption?: string }> {
  const text = await readFile(picture.replace(/\.\w+$/, ".txt"), "utf8").catch(() => "");
  const caption = text.split("\n")[0]!.trim();
  return caption === "" ? {} : { caption };
}
