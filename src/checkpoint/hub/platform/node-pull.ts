import { CheckpointError } from "../../errors.ts";
import { chooseFiles } from "../file-pattern.ts";
import { HubUnreachableError } from "../hub-failure.ts";
import type { HubConnection } from "../hub-request.ts";
import { checkFileName, checkRepositoryName, checkRevision } from "../names.ts";
import type { PullEvent } from "../pull-event.ts";
import { listRepository, type RepositoryFile, resolveCommit } from "../repository-files.ts";
import { CachedRepository } from "./node-cache.ts";
import { download } from "./node-download.ts";
import type { HubSettings } from "./node-settings.ts";

export type FileChoice = (names: readonly string[]) => readonly string[];

/** What to get from the hub. */
export interface PullOptions {
  /** `ORG/NAME`. */
  readonly repository: string;
  /** A branch, tag or commit; default `main`. */
  readonly revision?: string;
  /** Names of files or patterns, see `chooseFiles`; all files when there are none. Or what chooses among the names of all files. */
  readonly include?: readonly string[] | FileChoice;
  readonly settings: HubSettings;
  /** How often a failed request is made again, default 5, and the seconds before the first time, default 1. */
  readonly retries?: number;
  readonly retrySeconds?: number;
  readonly signal?: AbortSignal;
}

/** A repository's files on disk. */
export interface PulledSnapshot {
  readonly repository: string;
  readonly revision: string;
  readonly commit: string;
  /** Where the files are. */
  readonly folder: string;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256?: string }[];
  readonly bytes: number;
  /** Received in this call. */
  readonly downloaded: number;
}

/**
 * Brings files of a model on the Hugging Face hub into the shared cache; what is there is not downloaded again. Uses `modelInfo` and `listFiles` of
 * @huggingface/hub; `download` says why not more of it.
 *
 * @throws CheckpointError that names repository, file and what to do; the signal's reason when it is aborted. Calling again goes on where it stopped.
 */
export async function* pull(options: PullOptions): AsyncGenerator<PullEvent, PulledSnapshot> {
  const { repository, revision = "main", include = [], settings, signal } = options;
  checkRepositoryName(repository);
  checkRevision(revision);
  const cache = new CachedRepository(settings.cache, repository, settings.copies);
  const connection = { ...settings, retries: options.retries ?? 5, retrySeconds: options.retrySeconds ?? 1 };
  if (settings.offline) return await fromCache(cache, options, "HF_HUB_OFFLINE is set");
  let commit: string;
  let listed: readonly RepositoryFile[];
  try {
    commit = await resolveCommit(connection, repository, revision, signal);
    listed = await knownFiles(connection, cache, repository, commit, signal);
  } catch (error) {
    if (!(error instanceof HubUnreachableError)) throw error;
    const found = await fromCache(cache, options, "").catch(() => undefined);
    if (found === undefined) throw error;
    yield { type: "notice", text: `${error.message}. Using what is in the cache: commit ${found.commit}` };
    return found;
  }
  const files = chosen(repository, listed, include);
  const total = sum(files);
  await cache.checkRoomFor(commit, files);
  yield { type: "start", commit, files: files.length, total };
  let bytes = 0;
  let downloaded = 0;
  for (const [filesDone, file] of files.entries()) {
    const progress = (fileBytes: number, done: number): PullEvent => {
      return { type: "progress", file: file.name, fileBytes, fileTotal: file.bytes, bytes: bytes + fileBytes, total, filesDone: done, files: files.length };
    };
    if (!(await cache.has(commit, file))) {
      await cache.tag();
      const url = `${connection.endpoint}/${repository}/resolve/${commit}/${file.name.split("/").map(encodeURIComponent).join("/")}`;
      const target = { url, blob: cache.blob(file), claim: cache.claim(file) };
      for await (const event of download(connection, target, { ...connection, repository, revision: commit, file: file.name }, file, signal)) {
        if (event.type === "notice") yield event;
        else {
          downloaded += event.received;
          yield progress(event.bytes, filesDone);
        }
      }
      await cache.place(commit, file);
    }
    yield progress(file.bytes, filesDone + 1);
    bytes += file.bytes;
  }
  // After the files, so that a name never stands for a snapshot that was never pulled; a cache that may only be read can still be used.
  await cache.remember(revision, commit).catch((error: unknown) => {
    if (downloaded > 0) throw error;
  });
  return { repository, revision, commit, folder: cache.snapshot(commit), files: files.map(described), bytes: total, downloaded };
}

/** A commit never changes, so its files are asked for once. */
async function knownFiles(
  connection: HubConnection,
  cache: CachedRepository,
  repository: string,
  commit: string,
  signal?: AbortSignal,
): Promise<readonly RepositoryFile[]> {
  const known = await cache.files(commit);
  if (known !== undefined) {
    for (const { name } of known) checkFileName(repository, name);
    return known;
  }
  const files = await listRepository(connection, repository, commit, signal);
  // Only a convenience: downloading will tell if the cache cannot be written.
  await cache.rememberFiles(commit, files).catch(() => undefined);
  return files;
}

function chosen(repository: string, listed: readonly RepositoryFile[], include: NonNullable<PullOptions["include"]>): readonly RepositoryFile[] {
  if (typeof include !== "function") return chooseFiles(repository, listed, include);
  const names = new Set(include(listed.map(({ name }) => name)));
  return listed.filter(({ name }) => names.has(name));
}

/** @throws CheckpointError when the cache does not hold all that is asked for */
async function fromCache(cache: CachedRepository, { repository, revision = "main", include = [] }: PullOptions, why: string): Promise<PulledSnapshot> {
  const missing = (what: string): CheckpointError =>
    new CheckpointError(`${why}, and ${what} in ${cache.folder}; unset HF_HUB_OFFLINE and run the same command with a network connection`);
  const commit = await cache.commitOf(revision);
  if (commit === undefined) throw missing(`${repository} at revision ${revision} is not`);
  const listed = (await cache.files(commit)) ?? (await cache.filesFound(commit));
  if (listed.length === 0) throw missing(`${repository} at revision ${revision} is not`);
  for (const { name } of listed) checkFileName(repository, name);
  const files = chosen(repository, listed, include);
  const absent = [];
  for (const file of files) if (!(await cache.has(commit, file))) absent.push(file.name);
  if (absent.length > 0) {
    const more = absent.length > 10 ? ` and ${absent.length - 10} more` : "";
    throw missing(`${repository} at revision ${revision} is not whole: ${absent.slice(0, 10).join(", ")}${more} not`);
  }
  return { repository, revision, commit, folder: cache.snapshot(commit), files: files.map(described), bytes: sum(files), downloaded: 0 };
}

const sum = (files: readonly RepositoryFile[]): number => files.reduce((total, { bytes }) => total + bytes, 0);

const described = ({ name, bytes, sha256 }: RepositoryFile): PulledSnapshot["files"][number] => ({ name, bytes, ...(sha256 === undefined ? {} : { sha256 }) });
