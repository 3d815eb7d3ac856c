/** The files of one run. */
export interface RunFiles {
  /** @returns undefined when there is no such file */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Replaces the file at once; when that fails (a full disk), the old one is still there. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** Names of all files. */
  list(): Promise<readonly string[]>;
  /** Gives a file another name beside its own; a later `write` of its own leaves the other as it is. */
  keep(name: string, as: string): Promise<void>;
  remove(name: string): Promise<void>;
}
