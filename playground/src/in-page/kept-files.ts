import type { FilePlace, ModelFile } from "./model-files.ts";

/** In the origin's own files (OPFS): a page in another folder of the same host finds them as well. */
const folderName = "flamingo-files";

/** Files that the browser keeps for this site, each under the hash of its content. */
export class KeptFiles {
  private readonly folder: FileSystemDirectoryHandle;

  private constructor(folder: FileSystemDirectoryHandle) {
    this.folder = folder;
  }

  /** @returns undefined where the browser keeps nothing: without https, or in some private windows */
  static async open(): Promise<KeptFiles | undefined> {
    try {
      const root = await navigator.storage.getDirectory();
      return new KeptFiles(await root.getDirectoryHandle(folderName, { create: true }));
    } catch {
      return undefined;
    }
  }

  /** A file that has come as a whole, whatever it holds. It is not opened for writing: Chromium may never open one again that was closed just before. */
  async whole({ sha256, bytes }: ModelFile): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      const file = await (await this.folder.getFileHandle(sha256)).getFile();
      return file.size === bytes ? new Uint8Array(await file.arrayBuffer()) : undefined;
    } catch {
      return undefined;
    }
  }

  /** The place of a file, with as much of it as has come. Nobody else may have it open. */
  async place({ sha256 }: Pick<ModelFile, "sha256">): Promise<FilePlace> {
    const file = await (await this.folder.getFileHandle(sha256, { create: true })).createSyncAccessHandle();
    return {
      size: () => file.getSize(),
      append: (bytes) => void file.write(bytes, { at: file.getSize() }),
      clear: () => file.truncate(0),
      bytes() {
        const bytes = new Uint8Array(file.getSize());
        file.read(bytes, { at: 0 });
        return bytes;
      },
      close: () => file.close(),
    };
  }

  /** Forgets what an earlier model left behind. */
  async keepOnly(files: readonly Pick<ModelFile, "sha256">[]): Promise<void> {
    const names = new Set(files.map(({ sha256 }) => sha256));
    for await (const name of this.folder.keys()) {
      // Another page may be using it: then it goes the next time.
      if (!names.has(name)) await this.folder.removeEntry(name).catch(() => undefined);
    }
  }
}
