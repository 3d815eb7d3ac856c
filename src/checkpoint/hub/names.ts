/** Names that come from a user or from a hub, checked before they become parts of addresses and of paths on disk. */

import { CheckpointError } from "../errors.ts";

const commitHash: RegExp = /^[0-9a-f]{40}$/;

/** Whether a revision is a full commit hash: it then names the same files for ever. */
export function isCommit(revision: string): boolean {
  return commitHash.test(revision);
}

/**
 * Checks `ORG/NAME` (or `NAME`, as the oldest models are called) by the rules of Python's huggingface_hub.
 *
 * @throws CheckpointError when it cannot name a repository of the hub
 */
export function checkRepositoryName(name: string): void {
  const parts = name.split("/");
  const allowed = parts.length <= 2 && parts.every((part) => /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?$/.test(part));
  if (!allowed || name.includes("--") || name.includes("..") || name.endsWith(".git")) {
    throw new CheckpointError(
      `${printable(name)} cannot be a repository of the Hugging Face hub; give its name as on its page, such as openflamingo/OpenFlamingo-3B-vitl-mpt1b`,
    );
  }
}

/** The folder of a repository in the cache: `models--ORG--NAME`. */
export function repositoryFolder(name: string): string {
  return `models--${name.split("/").join("--")}`;
}

/** @throws CheckpointError when a branch, tag or commit is named in a way that git does not allow or that leaves the folder of references */
export function checkRevision(revision: string): void {
  const problem = pathProblem(revision);
  if (problem !== undefined) throw new CheckpointError(`${printable(revision)} cannot be a revision: it ${problem}; give a branch, a tag or a commit hash`);
}

/**
 * Checks the name of a file that a hub lists, by the rules of every operating system, since a cache may be read on another one.
 *
 * @throws CheckpointError when the name would leave the snapshot's folder, or could mean another file elsewhere
 */
export function checkFileName(repository: string, file: string): void {
  const problem = pathProblem(file);
  if (problem !== undefined) {
    throw new CheckpointError(
      `${repository}: the hub lists a file named ${printable(file)}, which ${problem}; nothing was written. Do not use this repository until its owner has renamed the file`,
    );
  }
}

function pathProblem(path: string): string | undefined {
  const segments = path.split("/");
  if (path === "" || segments.includes("")) return "has an empty part (or is an absolute path)";
  if (segments.some((segment) => segment === "." || segment === "..")) return 'has "." or ".." as a part';
  if (path.includes("\\")) return "has a backslash";
  if (hasControlCharacter(path)) return "has a control character";
  if (segments.some((segment) => /^[A-Za-z]:/.test(segment))) return "has a drive letter";
  if (segments.some((segment) => segment.length > 255) || path.length > 2000) return "is too long";
  return undefined;
}

function hasControlCharacter(text: string): boolean {
  return Array.from(text).some(isControlCharacter);
}

function isControlCharacter(character: string): boolean {
  const code = character.codePointAt(0)!;
  return code < 32 || (code >= 127 && code < 160);
}

/** Foreign text for a message: short, on one line, and without what would steer a terminal. */
export function printable(text: string): string {
  const characters = Array.from(text.slice(0, 300), (character) => (isControlCharacter(character) ? "�" : character));
  return `${characters.join("")}${text.length > 300 ? "…" : ""}`;
}
