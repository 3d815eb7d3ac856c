import { DataError } from "./errors.ts";

/** Random access to the bytes of a file, so that a file larger than memory can be read in parts. */
export interface ByteSource {
  /** What errors call it. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /**
   * Bytes `start … end-1`.
   * @param room - memory that nobody needs any more, where they may be put if they fill it
   * @throws when they lie beyond the end
   */
  read(start: number, end: number, room?: Uint8Array): Promise<Uint8Array>;
}

/** A source that holds something open. */
export interface OpenedSource extends ByteSource {
  close(): Promise<void>;
}

/** @throws DataError when bytes `start … end-1` are not there */
export function checkRange(name: string, start: number, end: number, size: number): void {
  if (start >= 0 && start <= end && end <= size) return;
  throw new DataError(`${name}: bytes ${start} to ${end} are wanted, it has ${size}; the download or copy was interrupted, fetch it again`);
}
