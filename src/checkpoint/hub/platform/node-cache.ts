import { readdir, readlink } from "node:fs/promises";
import { basename, join } from "node:path";
import * as z from "zod";
import { isCommit, repositoryFolder } from "../names.ts";
import { contentName, type RepositoryFile } from "../repository-files.ts";
import { checkRoom, linkOrCopy, makeFolder, onDisk, replaceFile, sizeOf, textOf } from "./node-storage.ts";

/** As huggingface_hub writes it, so that tools for backups leave the cache out. */
const folderTag = `Signature: 8a477f597d28d172789f06886806bc55
# This file is a cache directory tag created by huggingface_hub.
# For information about cache directory tags, see:
#\thttps://bford.info/cachedir/
`;

// They become names of files.
const gitHash = z.string().regex(/^[0-9a-f]{40}$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const treeFile = z.object({
  format_version: z.literal(1),
  files: z.record(
    z.string(),
    z.object({
      size: z.int().nonnegative(),
      blob_id: gitHash,
      lfs_sha256: sha256.nullish(),
      lfs_size: z.int().nonnegative().nullish(),
      xet_hash: sha256.nullish(),
    }),
  ),
});

/**
 * One repository in the cache that all tools for the Hugging Face hub share: `models--ORG--NAME` with `blobs/<etag>`, `snapshots/<commit>/<file>` (relative
 * links to blobs), `refs/<revision>` (the commit) and `trees/<commit>.json` (all files of the commit). The layout is that of Python's huggingface_hub
 * (`file_download.py` and `_tree_cache.py` of 2.4.0).
 */
export class CachedRepository {
  readonly folder: string;
  readonly #cache: string;
  readonly #name: string;
  readonly #copies: boolean;

  constructor(cache: string, name: string, copies: boolean) {
    this.#cache = cache;
    this.#name = repositoryFolder(name);
    this.#copies = copies;
    this.folder = join(cache, this.#name);
  }

  snapshot(commit: string): string {
    return join(this.folder, "snapshots", commit);
  }

  blob(file: RepositoryFile): string {
    return join(this.folder, "blobs", contentName(file));
  }

  /** Where a process says that it is downloading a file. The name differs from that of Python's locks, which are of another kind. */
  claim(file: RepositoryFile): string {
    return join(this.#cache, ".locks", this.#name, `${contentName(file)}.flamingo`);
  }

  /** @returns the commit that a revision was when it was last asked for; undefined when it never was */
  async commitOf(revision: string): Promise<string | undefined> {
    if (isCommit(revision)) return revision;
    const commit = (await textOf(join(this.folder, "refs", revision)))?.trim();
    return commit !== undefined && isCommit(commit) ? commit : undefined;
  }

  async remember(revision: string, commit: string): Promise<void> {
    if (isCommit(revision) || (await this.commitOf(revision)) === commit) return;
    const path = join(this.folder, "refs", revision);
    await onDisk(path, () => replaceFile(path, commit));
  }

  /** Marks the whole cache as one. */
  async tag(): Promise<void> {
    const path = join(this.#cache, "CACHEDIR.TAG");
    if ((await sizeOf(path)) === undefined) await onDisk(this.#cache, () => replaceFile(path, folderTag));
  }

  /** @returns all files of a commit as they were listed once; undefined when they were not, or not in a form that is known */
  async files(commit: string): Promise<readonly RepositoryFile[] | undefined> {
    const text = await textOf(join(this.folder, "trees", `${commit}.json`));
    if (text === undefined) return undefined;
    try {
      return Object.entries(treeFile.parse(JSON.parse(text)).files).map(([name, { size, blob_id, lfs_sha256, lfs_size, xet_hash }]) => ({
        name,
        bytes: lfs_size ?? size,
        gitSha1: blob_id,
        ...(lfs_sha256 == null ? {} : { sha256: lfs_sha256 }),
        ...(xet_hash == null ? {} : { xetHash: xet_hash }),
      }));
    } catch {
      return undefined;
    }
  }

  async rememberFiles(commit: string, files: readonly RepositoryFile[]): Promise<void> {
    const entries = [...files]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, bytes, gitSha1, sha256, xetHash }) => {
        const large = sha256 === undefined ? {} : { lfs_sha256: sha256, lfs_size: bytes };
        return [name, { size: bytes, blob_id: gitSha1, ...large, ...(xetHash === undefined ? {} : { xet_hash: xetHash }) }] as const;
      });
    const path = join(this.folder, "trees", `${commit}.json`);
    await onDisk(path, () => replaceFile(path, JSON.stringify({ format_version: 1, files: Object.fromEntries(entries) }, null, 1)));
  }

  /** @returns the files of a snapshot that are there, from the folder itself; for caches of older tools, which did not keep the list */
  async filesFound(commit: string): Promise<readonly RepositoryFile[]> {
    const folder = this.snapshot(commit);
    const names = await readdir(folder, { recursive: true }).catch(() => []);
    const files: RepositoryFile[] = [];
    for (const name of names.sort()) {
      const bytes = await sizeOf(join(folder, name));
      if (bytes === undefined) continue;
      const content = basename(await readlink(join(folder, name)).catch(() => ""));
      files.push({ name: name.replaceAll("\\", "/"), bytes, gitSha1: content, ...(/^[0-9a-f]{64}$/.test(content) ? { sha256: content } : {}) });
    }
    return files;
  }

  /** @throws CheckpointError when the disk has no room for those of these files that are not in the cache yet */
  async checkRoomFor(commit: string, files: readonly RepositoryFile[]): Promise<void> {
    let needed = 0;
    for (const file of files) {
      if ((await this.has(commit, file)) || (await sizeOf(this.blob(file))) === file.bytes) continue;
      needed += Math.max(0, file.bytes - ((await sizeOf(`${this.blob(file)}.incomplete`)) ?? 0));
    }
    if (needed === 0) return;
    await onDisk(this.folder, async () => {
      await makeFolder(this.folder);
      await checkRoom(this.folder, needed);
    });
  }

  /** Whether a file is in a snapshot, whole as far as its size tells. */
  async has(commit: string, file: RepositoryFile): Promise<boolean> {
    return (await sizeOf(join(this.snapshot(commit), file.name))) === file.bytes;
  }

  /** Makes a file appear in a snapshot; its blob must be there. */
  async place(commit: string, file: RepositoryFile): Promise<void> {
    const path = join(this.snapshot(commit), file.name);
    await onDisk(path, () => linkOrCopy(this.blob(file), path, this.#copies));
  }
}
