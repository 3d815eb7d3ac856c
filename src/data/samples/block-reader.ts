import type { ByteSource } from "../byte-source.ts";

/** Read at once. */
const blockBytes = 1 << 20;

interface Block {
  readonly start: number;
  readonly end: number;
  readonly bytes: Promise<Uint8Array>;
}

/**
 * Small reads that go forward through a file, one after the other, out of blocks; the next block is on its way while one is used. What is passed over in between is not read. Blocks take turns in the same
 * memory: to get a new megabyte from the system costs as much as to read the file into it.
 */
export class BlockReader {
  private readonly source: ByteSource;
  private block: Block;
  private next: Block;

  constructor(source: ByteSource) {
    this.source = source;
    this.block = this.next = { start: 0, end: 0, bytes: Promise.resolve(new Uint8Array()) };
  }

  get size(): number {
    return this.source.size;
  }

  /** Bytes `start … end-1`, a copy. @throws DataError when they lie beyond the end */
  async read(start: number, end: number): Promise<Uint8Array> {
    if (end - start > blockBytes) return this.source.read(start, end);
    if (start < this.block.start || end > this.block.end) {
      const follows = start >= this.next.start && end <= this.next.end;
      const done = this.block;
      this.block = follows ? this.next : this.load(start, Math.max(end, Math.min(this.size, start + blockBytes)));
      this.next = this.load(this.block.end, Math.min(this.size, this.block.end + blockBytes), done);
    }
    const bytes = await this.block.bytes;
    return bytes.slice(start - this.block.start, end - this.block.start);
  }

  /** @param done - a block that nobody reads any more */
  private load(start: number, end: number, done?: Block): Block {
    const room = done?.bytes.catch(() => undefined) ?? Promise.resolve(undefined);
    const bytes = room.then((memory) => this.source.read(start, end, memory));
    // Whoever wants the block hears of what went wrong.
    bytes.catch(() => {});
    return { start, end, bytes };
  }
}
