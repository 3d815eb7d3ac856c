/** Files of web pages: in a folder, or behind addresses that somebody else wrote. */
import { readFile, realpath, stat } from "node:fs/promises";
import { sep } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Fetched, FetchFailure, FetchFile } from "../documents/gather-page.ts";
import { publicFetch } from "./node-public-fetch.ts";

export interface FetchLimits {
  /** For a file, from the first byte asked to the last one read. */
  readonly seconds: number;
  readonly megabytes: number;
  /** Further attempts where one failed for a reason that may pass. */
  readonly retries: number;
}

export interface PageFilesOptions extends FetchLimits {
  /** Folders out of which files are read. */
  readonly folders: readonly string[];
  /** Whether addresses are fetched. */
  readonly fetch: boolean;
  /** Whether addresses may lead into the networks of this machine. Default: false. */
  readonly anyNetwork?: boolean;
  readonly signal: AbortSignal;
}

/** A page behind an address has nothing to say of files on this machine: these are read out of the folders alone, through links too. */
export function pageFiles(options: PageFilesOptions): FetchFile {
  const { folders, fetch: mayFetch, megabytes } = options;
  const roots = Promise.all(folders.map((folder) => realpath(folder)));
  return async (address) => {
    if (address.startsWith("data:")) return inAddress(address);
    const url = new URL(address);
    if (url.protocol === "http:" || url.protocol === "https:") return mayFetch ? fetchFile(address, options) : { failure: "not fetched" };
    if (url.protocol !== "file:" || folders.length === 0) return { failure: "bad address" };
    return readInside(url, await roots, megabytes);
  };
}

async function inAddress(address: string): Promise<Fetched> {
  try {
    return { bytes: new Uint8Array(await (await fetch(address)).arrayBuffer()) };
  } catch {
    return { failure: "bad address" };
  }
}

/** A file of one of these folders. @param roots - their real paths */
export async function readInside(url: URL, roots: readonly string[], megabytes: number): Promise<Fetched> {
  try {
    url.search = "";
    const path = await realpath(fileURLToPath(url));
    if (!roots.some((root) => path.startsWith(root + sep))) return { failure: "outside the folder" };
    const status = await stat(path);
    if (!status.isFile()) return { failure: "missing" };
    return status.size > megabytes * 1e6 ? { failure: "too large" } : { bytes: await readFile(path) };
  } catch {
    return { failure: "missing" };
  }
}

const mayPass: readonly FetchFailure[] = ["server error", "timed out", "broken off"];
/** Before the second attempt; each further one waits twice as long. */
const firstPause = 500;

async function fetchFile(address: string, options: PageFilesOptions): Promise<Fetched> {
  for (let attempt = 0; ; attempt++) {
    const fetched = await fetchOnce(address, options);
    if (!("failure" in fetched) || !mayPass.includes(fetched.failure) || attempt >= options.retries) return fetched;
    await setTimeout(firstPause * 2 ** attempt, undefined, { signal: options.signal });
  }
}

async function fetchOnce(address: string, { seconds, megabytes, anyNetwork = false, signal }: PageFilesOptions): Promise<Fetched> {
  const fetched = await publicFetch(address, {
    seconds,
    allowance: { left: megabytes * 1e6 },
    signal,
    userAgent: "flamingo-vlm (data documents)",
    ...(anyNetwork ? { mayConnect: () => true } : {}),
  });
  if ("bytes" in fetched) return { bytes: fetched.bytes, type: fetched.type };
  if ("failure" in fetched)
    return { failure: fetched.failure === "too many redirects" || fetched.failure === "host not allowed" ? "refused" : fetched.failure };
  const { status } = fetched;
  return { failure: status === 404 || status === 410 ? "missing" : status >= 500 || status === 408 || status === 429 ? "server error" : "refused" };
}
