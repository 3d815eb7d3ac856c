import { spawn } from "node:child_process";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { jsonOf } from "flamingo-vlm/data";
import { writeWhole } from "flamingo-vlm/files";
import { type Photograph, type PhotographIndex, photographSources } from "./photographs.ts";

export interface PhotographsEvent {
  readonly type: "photographs";
  readonly done: number;
  readonly total: number;
}

/**
 * Fetches the Debian packages with apt, unpacks them below `out` and writes `out/photographs.json`. Needs apt and dpkg, as on Debian and Ubuntu; nothing is installed.
 * @throws when one of these is missing or the package cannot be fetched
 */
export async function* fetchPhotographs(out: string): AsyncGenerator<PhotographsEvent> {
  const sources: PhotographIndex["sources"][number][] = [];
  for (const { id, debianPackage, folder, classOf } of photographSources) {
    yield { type: "photographs", done: sources.length, total: photographSources.length };
    const unpacked = join(out, id);
    await mkdir(unpacked, { recursive: true });
    if ((await files(unpacked)).every((file) => !file.startsWith(folder))) {
      await command("apt-get", ["download", debianPackage], unpacked, `fetch the Debian package ${debianPackage}; "apt-get update" may be needed first`);
      const archive = (await readdir(unpacked)).find((name) => name.endsWith(".deb"));
      if (archive === undefined) throw new Error(`apt-get left no package of ${debianPackage} in ${unpacked}`);
      await command("dpkg-deb", ["--extract", archive, "."], unpacked, `unpack ${archive}`);
    }
    const photographs: Photograph[] = [];
    for (const file of await files(unpacked)) {
      const shows = file.startsWith(`${folder}/`) ? classOf(file.slice(folder.length + 1)) : undefined;
      if (shows !== undefined) photographs.push({ file: `${id}/${file}`, class: shows, ...(await captionOf(join(unpacked, file))) });
    }
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

function command(name: string, args: readonly string[], cwd: string, purpose: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(name, args, { cwd, stdio: ["ignore", "ignore", "pipe"] });
    let message = "";
    child.stderr.on("data", (bytes: Buffer) => {
      message += bytes.toString();
    });
    child.on("error", (error) => reject(new Error(`cannot ${purpose}: ${name} could not be started (${error.message})`)));
    child.on("close", (code) => (code === 0 ? resolve() : reject(new Error(`cannot ${purpose}: ${name} ended with code ${code}:\n${message.trim()}`))));
  });
}
