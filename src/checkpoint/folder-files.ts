/** Files of a model's folder. */
import { platform } from "#checkpoint-platform";
import { CheckpointError, firstTen } from "./errors.ts";
import { parseJson } from "./json-bytes.ts";

/** A file as flamingo.json names it. */
export interface NamedFile {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** @throws CheckpointError when the file is missing or is not JSON */
export async function readJsonFile(path: string): Promise<unknown> {
  let bytes: Uint8Array;
  try {
    bytes = await platform.readFile(path);
  } catch (error) {
    throw new CheckpointError(`${path} cannot be read (${(error as Error).message}); fetch the model again`, { cause: error });
  }
  return parseJson(bytes, path);
}

/**
 * @param location - the folder; ends with a slash
 * @throws CheckpointError naming the first ten files that are missing or of another size
 */
export async function checkSizes(location: string, files: readonly NamedFile[]): Promise<void> {
  const problems: string[] = [];
  for (const { file, bytes } of files) {
    const found = await sizeOf(location + file);
    if (found === undefined) problems.push(`${file} is missing`);
    else if (found !== bytes) problems.push(`${file} has ${found} bytes, flamingo.json expects ${bytes}`);
  }
  if (problems.length > 0) throw new CheckpointError(firstTen(`${location}: the model is not whole; fetch it again`, problems));
}

/** Reads every file to its end. @throws CheckpointError naming the first ten whose content is another one */
export async function checkHashes(location: string, files: readonly Pick<NamedFile, "file" | "sha256">[]): Promise<void> {
  const problems: string[] = [];
  for (const { file, sha256 } of files) {
    const found = await platform.sha256(location + file);
    if (found !== sha256) problems.push(`${file}: its sha256 is ${found}, flamingo.json expects ${sha256}`);
  }
  if (problems.length > 0) throw new CheckpointError(firstTen(`${location}: files were changed or damaged; fetch the model again`, problems));
}

/** @throws CheckpointError naming the file when its content is another one */
export function checkHash(path: string, found: string, expected: string): void {
  if (found === expected) return;
  throw new CheckpointError(
    `${path}: its sha256 is ${found}, flamingo.json expects ${expected}; the copy or download was interrupted or the file was changed, fetch it again`,
  );
}

/** @returns the size of a file; undefined when there is none */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    const source = await platform.openFile(path);
    await source.close();
    return source.size;
  } catch (error) {
    if (error instanceof CheckpointError) return undefined;
    throw error;
  }
}
