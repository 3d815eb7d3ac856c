/** A file of the model as the page was built with it. */
export interface ModelFile {
  /** Its name in the model's folder. */
  readonly file: string;
  readonly address: string;
  readonly bytes: number;
  /** Of the whole file, in hexadecimal. */
  readonly sha256: string;
}

/** Why a file does not come, as a sentence for people. */
export class ModelFileError extends Error {
  override readonly name = "ModelFileError";
}

/** Where a file's bytes go as they come: whoever opened it closes it. */
export interface FilePlace {
  /** Bytes that are there already. */
  size(): number;
  append(bytes: Uint8Array<ArrayBuffer>): void;
  /** Forgets all of them. */
  clear(): void;
  bytes(): Uint8Array<ArrayBuffer>;
  close(): void;
}

/** Room in memory, for a browser that keeps nothing. */
export function memoryPlace({ bytes }: Pick<ModelFile, "bytes">): FilePlace {
  let all = new Uint8Array(bytes);
  let size = 0;
  return {
    size: () => size,
    append(more) {
      if (size + more.length > all.length) throw new Error(`more than ${bytes} bytes came`);
      all.set(more, size);
      size += more.length;
    },
    clear() {
      size = 0;
    },
    bytes: () => all.subarray(0, size),
    close() {
      all = new Uint8Array();
    },
  };
}
