import type { OpenedSource } from "../weight-file.ts";

/** Where model folders and weight files are read from. */
export interface CheckpointPlatform {
  /** The folder of a model that comes with the package, or of one that is named by its path or address. Ends with a slash. */
  resolveModel(name: string): string;
  /** @throws when the file is missing or cannot be read */
  readFile(path: string): Promise<Uint8Array>;
  /** Under another name first, then renamed, so that the file is there whole or not at all. @throws CheckpointError when it cannot be written */
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
  /** A file that is read in parts: whoever opened it closes it. @throws CheckpointError when it is missing or cannot be read */
  openFile(path: string): Promise<OpenedSource>;
}
