import { createHash, type Hash } from "node:crypto";
import { constants, type FileHandle, open } from "node:fs/promises";
import type { RepositoryFile } from "../repository-files.ts";

/**
 * A download that is not whole yet, and the hash of what is there. Bytes are written at their place in the file and never appended: should two processes
 * write the same file against all care, they write the same bytes to the same places.
 */
export class PartialFile {
  readonly #handle: FileHandle;
  readonly #file: RepositoryFile;
  #hash: Hash;
  #bytes = 0;

  private constructor(handle: FileHandle, file: RepositoryFile) {
    this.#handle = handle;
    this.#file = file;
    this.#hash = startHash(file);
  }

  /** Opens what an earlier attempt left, or a new file. Its bytes count only after `readExisting`. */
  static async open(path: string, file: RepositoryFile): Promise<PartialFile> {
    return new PartialFile(await open(path, constants.O_RDWR | constants.O_CREAT, 0o666), file);
  }

  /** How many bytes from the start are there and hashed. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Hashes what an earlier attempt left. A rest that is longer than the file is thrown away. @returns after every few megabytes, the bytes so far */
  async *readExisting(): AsyncGenerator<number> {
    const { size } = await this.#handle.stat();
    if (size > this.#file.bytes) {
      await this.#handle.truncate(0);
      return;
    }
    const buffer = Buffer.allocUnsafe(4 << 20);
    while (this.#bytes < size) {
      const { bytesRead } = await this.#handle.read(buffer, 0, Math.min(buffer.length, size - this.#bytes), this.#bytes);
      if (bytesRead === 0) return;
      this.#hash.update(buffer.subarray(0, bytesRead));
      this.#bytes += bytesRead;
      yield this.#bytes;
    }
  }

  async write(piece: Uint8Array): Promise<void> {
    for (let done = 0; done < piece.byteLength; ) {
      const { bytesWritten } = await this.#handle.write(piece, done, piece.byteLength - done, this.#bytes + done);
      done += bytesWritten;
    }
    this.#hash.update(piece);
    this.#bytes += piece.byteLength;
  }

  /** Forgets all bytes. */
  async restart(): Promise<void> {
    await this.#handle.truncate(0);
    this.#hash = startHash(this.#file);
    this.#bytes = 0;
  }

  /** Puts the bytes safely on disk. @returns the hash of them all, in hexadecimal, of the kind by which the file's content is known */
  async finish(): Promise<string> {
    await this.#handle.sync();
    return this.#hash.copy().digest("hex");
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

function startHash({ sha256, bytes }: RepositoryFile): Hash {
  // What git calls a blob's hash also covers its length.
  return sha256 === undefined ? createHash("sha1").update(`blob ${bytes}\0`) : createHash("sha256");
}
