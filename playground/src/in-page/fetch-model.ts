import { download } from "./download.ts";
import { KeptFiles } from "./kept-files.ts";
import { type FilePlace, type ModelFile, ModelFileError, memoryPlace } from "./model-files.ts";

/** A model that is on its way. */
export interface FetchedModel {
  /** A file's content, once it is there and is what it must be. @throws ModelFileError that says why it does not come */
  read(file: string): Promise<Uint8Array>;
  /** Whether the browser keeps it for the next time. */
  readonly kept: boolean;
}

/** Fetches what the browser has not kept, all files beside each other. @param progress - told how many bytes of the whole are there */
export async function fetchModel(files: readonly ModelFile[], progress: (done: number, total: number) => void): Promise<FetchedModel> {
  const kept = await KeptFiles.open();
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const done = new Map<string, number>();
  const tell = (file: string, bytes: number): void => {
    done.set(file, bytes);
    progress(
      [...done.values()].reduce((sum, each) => sum + each, 0),
      total,
    );
  };
  const coming = new Map(files.map((file) => [file.file, wholeFile(file, kept, (bytes) => tell(file.file, bytes))]));
  // Whoever reads one is told.
  for (const file of coming.values()) file.catch(() => undefined);
  void Promise.all(coming.values())
    .then(() => kept?.keepOnly(files))
    .catch(() => undefined);
  return {
    kept: kept !== undefined,
    read(name) {
      const file = coming.get(name);
      if (file === undefined) throw new Error(`${name} is no file of this model`);
      // Read once: it need not stay in memory.
      coming.delete(name);
      return file;
    },
  };
}

async function wholeFile(file: ModelFile, kept: KeptFiles | undefined, progress: (bytes: number) => void): Promise<Uint8Array> {
  if (kept === undefined) return fill(file, memoryPlace(file), progress);
  // Another page of this site may be fetching it as well: then it is there when that one has it.
  return navigator.locks.request(`flamingo-file-${file.sha256}`, async () => {
    const there = await kept.whole(file);
    if (there !== undefined && (await isContentOf(file, there))) {
      progress(file.bytes);
      return there;
    }
    try {
      return await fill(file, await kept.place(file), progress);
    } catch (error) {
      // No room on the disk, or another page that holds the file open.
      if (error instanceof DOMException) return fill(file, memoryPlace(file), progress);
      throw error;
    }
  });
}

/** What was kept is looked at like what comes: a disk may be damaged, and somebody may have changed the file. */
async function fill(file: ModelFile, place: FilePlace, progress: (bytes: number) => void): Promise<Uint8Array> {
  try {
    if (place.size() > file.bytes) place.clear();
    const before = place.size();
    progress(before);
    const came = (): void => progress(place.size());
    await download(file, place, came);
    let bytes = await wholeBytes(file, place);
    // Damaged where it was kept, not on the way: once more, from the beginning.
    if (bytes === undefined && before > 0) {
      await download(file, place, came);
      bytes = await wholeBytes(file, place);
    }
    if (bytes !== undefined) return bytes;
    throw new ModelFileError(`the model's ${file.file} is not the file that this page was made with: its sha256 is another one. Load the page again`);
  } finally {
    place.close();
  }
}

/** @returns undefined where they are not those of the file; then they are forgotten */
async function wholeBytes(file: ModelFile, place: FilePlace): Promise<Uint8Array | undefined> {
  const bytes = place.bytes();
  if (await isContentOf(file, bytes)) return bytes;
  place.clear();
  return undefined;
}

async function isContentOf({ sha256 }: ModelFile, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("") === sha256;
}
