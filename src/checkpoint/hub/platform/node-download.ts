import { rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { CheckpointError } from "../../errors.ts";
import { HubUnreachableError, interruption, type RequestSubject, refusal } from "../hub-failure.ts";
import { ask, type HubConnection, waitToRetry } from "../hub-request.ts";
import { contentName, type RepositoryFile } from "../repository-files.ts";
import { claim } from "./node-claim.ts";
import { PartialFile } from "./node-partial-file.ts";
import { makeFolder, onDisk, sizeOf } from "./node-storage.ts";

/** What happens while one file is downloaded. */
export type DownloadEvent =
  | {
      readonly type: "bytes" /** There by now, of the file. */;
      readonly bytes: number /** Received for them since the last event. */;
      readonly received: number;
    }
  | { readonly type: "notice"; readonly text: string };

/** From where to where. */
export interface DownloadTarget {
  readonly url: string;
  /** The file; what is not whole yet lies beside it. */
  readonly blob: string;
  /** Where a process says that it is downloading it. */
  readonly claim: string;
}

/** An attempt that brought so much counts as success: the next failure is the first again. */
const realProgress = 1 << 20;

/**
 * Downloads the content of one file into a cache, unless it is there; goes on from `<blob>.incomplete`, whoever left it. What is whole and has the right
 * hash gets its name; nothing else ever does.
 *
 * `downloadFileToCacheDir`, `snapshotDownload` and `downloadFile` of @huggingface/hub 2.17.5 do not do: they start over after a cut, verify no hash, know neither
 * offline mode nor progress nor abort, let two processes write into one file, print to the console, and name a snapshot by the file's last commit and not by the
 * repository's, so that Python does not find it. A range of its `WebBlob` takes an answer with the whole file for the range.
 *
 * @throws CheckpointError in plain words; the signal's reason when it is aborted
 */
export async function* download(
  connection: HubConnection,
  { url, blob, claim: claimPath }: DownloadTarget,
  subject: RequestSubject,
  file: RepositoryFile,
  signal?: AbortSignal,
): AsyncGenerator<DownloadEvent> {
  const isNeeded = async (): Promise<boolean> => (await sizeOf(blob)) !== file.bytes;
  if (!(await isNeeded())) return;
  await onDisk(blob, () => makeFolder(dirname(blob)));
  const claiming = claim(claimPath, isNeeded, signal);
  let claimed = await claiming.next();
  for (; claimed.done !== true; claimed = await claiming.next()) {
    yield { type: "notice", text: `another process is downloading ${file.name}; waiting for it` };
  }
  const held = claimed.value;
  if (held === undefined) return;
  try {
    // Another process may have finished it between the question and the claim.
    if (await isNeeded()) yield* fetchContent(connection, url, subject, file, blob, signal);
  } finally {
    await held.release();
  }
}

async function* fetchContent(
  connection: HubConnection,
  url: string,
  subject: RequestSubject,
  file: RepositoryFile,
  blob: string,
  signal?: AbortSignal,
): AsyncGenerator<DownloadEvent> {
  const path = `${blob}.incomplete`;
  const partial = await onDisk(path, () => PartialFile.open(path, file));
  try {
    for await (const bytes of partial.readExisting()) {
      signal?.throwIfAborted();
      yield { type: "bytes", bytes, received: 0 };
    }
    let resumed = partial.bytes > 0;
    for (;;) {
      yield* receive(connection, url, subject, file, path, partial, signal);
      const found = await onDisk(path, () => partial.finish());
      if (found === contentName(file)) break;
      await onDisk(path, () => partial.restart());
      // What an earlier attempt left may have suffered, in a crash of the machine for example.
      if (!resumed) throw wrongContent(subject, file, found);
      resumed = false;
      yield { type: "notice", text: `what an earlier download left of ${file.name} is damaged; downloading it anew` };
    }
  } catch (error) {
    // Python's library, until 1.x, would append to a rest, so an empty one is better gone.
    if (partial.bytes === 0) await rm(path, { force: true });
    throw error;
  } finally {
    await partial.close();
  }
  await onDisk(blob, () => rename(path, blob)).catch(async (error: unknown) => {
    // A process that did the same in spite of the claim has renamed it already.
    if ((await sizeOf(blob)) !== file.bytes) throw error;
  });
}

/** Receives the rest of a file, in as many attempts as it takes while they bring something. */
async function* receive(
  connection: HubConnection,
  url: string,
  subject: RequestSubject,
  file: RepositoryFile,
  path: string,
  partial: PartialFile,
  signal?: AbortSignal,
): AsyncGenerator<DownloadEvent> {
  let mayResume = true;
  for (let attempt = 0; partial.bytes < file.bytes; ) {
    const before = partial.bytes;
    if (!mayResume && before > 0) await onDisk(path, () => partial.restart());
    let received = 0;
    try {
      // Compressed pieces could not be counted, nor asked for again.
      const headers = { "accept-encoding": "identity", ...(partial.bytes > 0 ? { range: `bytes=${partial.bytes}-` } : {}) };
      const answer = await ask(connection, url, { headers, ...(signal === undefined ? {} : { signal }) });
      const { response } = answer;
      try {
        if (!response.ok) throw refusal(subject, response);
        if (partial.bytes > 0 && response.status !== 206) await onDisk(path, () => partial.restart());
        if (response.status === 206 && !response.headers.get("content-range")?.startsWith(`bytes ${partial.bytes}-`)) {
          mayResume = false;
          throw new Error("the answer is another part of the file than was asked for");
        }
        for await (const piece of answer.pieces()) {
          if (partial.bytes + piece.byteLength > file.bytes) throw tooLong(subject, file);
          await onDisk(path, () => partial.write(piece));
          received += piece.byteLength;
          if (received < 1 << 18) continue;
          yield { type: "bytes", bytes: partial.bytes, received };
          received = 0;
        }
      } finally {
        answer.close();
      }
      if (partial.bytes < file.bytes) throw new Error("it ended early");
      if (received > 0) yield { type: "bytes", bytes: partial.bytes, received };
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof CheckpointError && !(error instanceof HubUnreachableError)) {
        // The bytes belong to something else.
        if (error instanceof WrongContentError) await onDisk(path, () => partial.restart());
        throw error;
      }
      if (received > 0) yield { type: "bytes", bytes: partial.bytes, received };
      attempt = partial.bytes - before >= realProgress ? 0 : attempt + 1;
      if (attempt > connection.retries) throw error instanceof HubUnreachableError ? error : interruption(subject, error);
      yield { type: "notice", text: `${file.name} stopped at ${partial.bytes} of ${file.bytes} bytes; going on from there` };
      await waitToRetry(connection, Math.max(0, attempt - 1), signal);
    }
  }
}

class WrongContentError extends CheckpointError {}

const whatToDo =
  "nothing of it was kept, and what was in the cache is untouched. Run the same command again; if it happens again, something on the way changes the file (a proxy?), or it is damaged where it comes from: tell the model's owner";

function wrongContent({ repository }: RequestSubject, file: RepositoryFile, found: string): CheckpointError {
  const kind = file.sha256 === undefined ? "git hash" : "sha256";
  return new WrongContentError(`${repository}: ${file.name} arrived with the ${kind} ${found}, expected was ${contentName(file)}; ${whatToDo}`);
}

function tooLong({ repository }: RequestSubject, file: RepositoryFile): CheckpointError {
  return new WrongContentError(`${repository}: ${file.name} is longer than the ${file.bytes} bytes that were expected; ${whatToDo}`);
}
