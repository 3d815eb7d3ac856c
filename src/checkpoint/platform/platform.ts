import type { OpenedSource } from "../../data/byte-source.ts";
import type { ModelPullEvent } from "../hub/pull-event.ts";
import type { ReferencedFile } from "../referenced-file.ts";

export interface FindOptions {
  /** Told what happens while a model is pulled from the Hugging Face hub. */
  readonly onProgress?: (event: ModelPullEvent) => void;
  readonly signal?: AbortSignal;
}

/** Where model folders and weight files are read from. */
export interface CheckpointPlatform {
  /**
   * The folder of a model that comes with the package, or of one that is named by its path or address; where there is a disk also of one on the Hugging Face hub, which is
   * pulled if it is not there. Ends with a slash.
   * @throws CheckpointError when it cannot be pulled
   */
  findModel(name: string, options: FindOptions): Promise<string>;
  /** @throws when the file is missing or cannot be read */
  readFile(path: string): Promise<Uint8Array>;
  /** Under another name first, then renamed, so that the file is there whole or not at all. @throws CheckpointError when it cannot be written */
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
  /** Of a whole file, in hexadecimal. @throws as {@link readFile} */
  sha256(path: string): Promise<string>;
  /** Where a file lies, or would lie, that models refer to by its content. Absent where nothing is kept. */
  fetchedFile?(file: Pick<ReferencedFile, "file" | "sha256">): Promise<string>;
  /** A file that is read in parts: whoever opened it closes it. @throws CheckpointError when it is missing or cannot be read */
  openFile(path: string): Promise<OpenedSource>;
  /** Where a file really lies, for the runtime to map it. Absent where there are no files. */
  placeOf?(path: string): Promise<{ readonly folder: string; readonly name: string }>;
}
