import { listFiles, modelInfo } from "@huggingface/hub";
import * as z from "zod";
import { CheckpointError } from "../errors.ts";
import type { RequestSubject } from "./hub-failure.ts";
import { askWhole, type HubConnection } from "./hub-request.ts";
import { checkFileName, isCommit } from "./names.ts";

/** A file of a repository at one commit. */
export interface RepositoryFile {
  readonly name: string;
  readonly bytes: number;
  /** Of the file in git: for a large file, of the pointer to it. */
  readonly gitSha1: string;
  /** Of the content, for large files (LFS). */
  readonly sha256?: string;
  /** The content's name in the storage behind the hub; only kept for Python's sake. */
  readonly xetHash?: string;
}

/** The name of a file's content in the cache, which is the ETag that the hub gives for it: its sha256 if it is large, else its git hash. */
export function contentName({ sha256, gitSha1 }: RepositoryFile): string {
  return sha256 ?? gitSha1;
}

const length = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const listedFile = z.object({
  path: z.string(),
  size: length,
  oid: z.string().regex(/^[0-9a-f]{40}$/),
  lfs: z.object({ oid: sha256, size: length }).optional(),
  xetHash: z.string().optional(),
});

const mostFiles = 1_000_000;
const mostPages = 10_000;

/**
 * @returns the hash of the commit that a branch or tag means now
 * @throws CheckpointError in plain words
 */
export async function resolveCommit(connection: HubConnection, repository: string, revision: string, signal?: AbortSignal): Promise<string> {
  if (isCommit(revision)) return revision;
  const subject: RequestSubject = { ...connection, repository, revision };
  const { sha } = await readAnswer(subject, () =>
    modelInfo({ name: repository, revision, additionalFields: ["sha"], hubUrl: connection.endpoint, fetch: checkedFetch(connection, subject, signal) }),
  );
  if (typeof sha !== "string" || !isCommit(sha)) throw new CheckpointError(`${repository}: ${connection.endpoint} does not say which commit "${revision}" is`);
  return sha;
}

/**
 * @returns all files of a repository at a commit, their names and hashes checked
 * @throws CheckpointError in plain words
 */
export async function listRepository(connection: HubConnection, repository: string, commit: string, signal?: AbortSignal): Promise<readonly RepositoryFile[]> {
  const subject: RequestSubject = { ...connection, repository, revision: commit };
  const files = new Map<string, RepositoryFile>();
  await readAnswer(subject, async () => {
    const entries = listFiles({
      repo: { type: "model", name: repository },
      revision: commit,
      recursive: true,
      hubUrl: connection.endpoint,
      fetch: checkedFetch(connection, subject, signal),
    });
    for await (const entry of entries) {
      if (entry.type !== "file") continue;
      const { path, size, oid, lfs, xetHash } = listedFile.parse(entry);
      checkFileName(repository, path);
      files.set(path, {
        name: path,
        bytes: lfs?.size ?? size,
        gitSha1: oid,
        ...(lfs === undefined ? {} : { sha256: lfs.oid }),
        ...(xetHash === undefined || !sha256.safeParse(xetHash).success ? {} : { xetHash }),
      });
      if (files.size > mostFiles) throw new CheckpointError(`${repository}: the hub lists more than ${mostFiles.toLocaleString("en")} files`);
    }
  });
  return [...files.values()];
}

/**
 * The token goes in through this and not as `accessToken`, with which @huggingface/hub would send it wherever a `Link: rel="next"` leads, and which it
 * refuses unless it begins with "hf_" (Python does not).
 */
function checkedFetch(connection: HubConnection, subject: RequestSubject, signal?: AbortSignal): typeof fetch {
  const asked = new Set<string>();
  return async (url, init) => {
    if (asked.has(String(url)) || asked.size >= mostPages) throw new CheckpointError(`${subject.repository}: the hub's list of files does not end`);
    asked.add(String(url));
    return askWhole(connection, subject, String(url), init?.headers as HeadersInit | undefined, signal);
  };
}

/** What a hub sends that is no hub, or a hostile one, is the hub's fault and not ours. */
async function readAnswer<Result>({ repository, endpoint }: RequestSubject, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof z.ZodError) {
      throw new CheckpointError(`${repository}: the answer of ${endpoint} cannot be understood; if HF_ENDPOINT is set, check that it is a Hugging Face hub`);
    }
    throw error;
  }
}
