/**
 * The entries of a zip archive, read by range: uncompressed ones straight from the file, so that one larger than memory can be read piece by piece.
 * Checksums are of whole entries and are not looked at, as in PyTorch, which can be told to leave them out.
 */
import { type EntryMetaData, type ReadableReader, ZipReader } from "@zip.js/zip.js/lib/zip-core-reader.js";
import type { ByteSource } from "../../data/byte-source.ts";
import { CheckpointError } from "../errors.ts";
import { inflate } from "./inflate.ts";
import { quoted } from "./quoted.ts";

export interface ArchiveEntry {
  /** Bytes of its content, as the archive's directory says. */
  readonly size: number;
  /** Bytes `start … end-1` of its content. @throws CheckpointError when they cannot be had */
  read(start: number, end: number): Promise<Uint8Array>;
}

const mostEntries = 100_000;
const longestDirectory = 2 ** 25;
const localHeaderLength = 30;
const localHeaderSignature = 0x04034b50;
const stored = 0;
const deflated = 8;

/**
 * Reads the directory (zip64 too) and no content.
 *
 * @throws CheckpointError when the file is cut short, damaged, encrypted, or compressed in a way other than deflate
 */
export async function openZip(source: ByteSource): Promise<ReadonlyMap<string, ArchiveEntry>> {
  const entries = new Map<string, ArchiveEntry>();
  const fail = (problem: string): never => {
    throw new CheckpointError(`${source.name}: ${problem}`);
  };
  try {
    for await (const found of new ZipReader(new DirectorySource(source)).getEntriesGenerator()) {
      if (found.directory) continue;
      if (entries.size === mostEntries) fail(`it has more than ${mostEntries} entries; no checkpoint has so many`);
      if (entries.has(found.filename)) fail(`it has two entries named ${quoted(found.filename)}; it is damaged`);
      if (found.encrypted) fail(`its entry ${quoted(found.filename)} is encrypted; decrypt it first`);
      if (found.compressionMethod !== stored && found.compressionMethod !== deflated)
        fail(`its entry ${quoted(found.filename)} is compressed by method ${found.compressionMethod}; write it again uncompressed, as torch.save does`);
      entries.set(found.filename, new ZipEntry(source, found));
    }
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    throw new CheckpointError(
      `${source.name}: its zip directory cannot be read (${(error as Error).message}); the download or copy was interrupted, or it is damaged: fetch it again`,
      { cause: error },
    );
  }
  return entries;
}

/** What the zip library reads from: never more at once than a directory can have. */
class DirectorySource implements ReadableReader {
  /** Only asked for where there is no random access. */
  readonly readable: ReadableStream = new ReadableStream();
  readonly size: number;
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    this.#source = source;
    this.size = source.size;
  }

  async readUint8Array(index: number, length: number): Promise<Uint8Array> {
    const start = Math.min(Math.max(index, 0), this.size);
    const end = Math.min(start + Math.max(length, 0), this.size);
    if (end - start > longestDirectory)
      throw new CheckpointError(`${this.#source.name}: its zip directory says that it is ${end - start} bytes long; the file is damaged`);
    return end === start ? new Uint8Array() : this.#source.read(start, end);
  }
}

class ZipEntry implements ArchiveEntry {
  readonly size: number;
  readonly #source: ByteSource;
  readonly #entry: EntryMetaData;
  #contentStart: number | undefined;
  /** Views of one compressed storage are often loaded one after the other. */
  #inflated: WeakRef<Uint8Array> | undefined;

  constructor(source: ByteSource, entry: EntryMetaData) {
    this.#source = source;
    this.#entry = entry;
    this.size = entry.uncompressedSize;
  }

  async read(start: number, end: number): Promise<Uint8Array> {
    if (start === end) return new Uint8Array();
    this.#contentStart ??= await this.#findContent();
    if (this.#entry.compressionMethod === stored) return this.#readFile(this.#contentStart + start, this.#contentStart + end);
    let content = this.#inflated?.deref();
    if (content === undefined) {
      const compressed = await this.#readFile(this.#contentStart, this.#contentStart + this.#entry.compressedSize);
      content = await inflate(compressed, this.size, (problem) => this.#fail(problem));
      this.#inflated = new WeakRef(content);
    }
    return content.slice(start, end);
  }

  /** Names and extra fields before the content are of other lengths than in the directory, as torch.save aligns storages with them. */
  async #findContent(): Promise<number> {
    const { offset, compressedSize, compressionMethod, uncompressedSize } = this.#entry;
    const { size } = this.#source;
    if (offset + localHeaderLength > size) this.#fail(`should begin at byte ${offset} of ${size}`);
    const bytes = await this.#readFile(offset, offset + localHeaderLength);
    const header = new DataView(bytes.buffer, bytes.byteOffset);
    if (header.getUint32(0, true) !== localHeaderSignature) this.#fail(`does not begin at byte ${offset}, where the directory says`);
    const method = header.getUint16(8, true);
    if (method !== compressionMethod) this.#fail(`is compressed by method ${method}, the directory says ${compressionMethod}`);
    if (compressionMethod === stored && compressedSize !== uncompressedSize)
      this.#fail(`is uncompressed, yet takes ${compressedSize} bytes for ${uncompressedSize}`);
    const start = offset + localHeaderLength + header.getUint16(26, true) + header.getUint16(28, true);
    if (start + compressedSize > size) this.#fail(`ends at byte ${start + compressedSize} of ${size}`);
    return start;
  }

  async #readFile(start: number, end: number): Promise<Uint8Array> {
    const bytes = await this.#source.read(start, end);
    if (bytes.length !== end - start) this.#fail(`gave ${bytes.length} bytes of ${end - start} asked for at byte ${start}`);
    return bytes;
  }

  #fail(problem: string): never {
    throw new CheckpointError(`${this.#source.name}: its entry ${quoted(this.#entry.filename)} ${problem}; the file is damaged, fetch it again`);
  }
}
