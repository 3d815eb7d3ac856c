import type { ByteSource } from "../../data/byte-source.ts";
import type { Fail } from "../places.ts";

/** Headers of published models take up to 20 MB, nearly all of it vocabulary. */
const longestHeader = 100_000_000;
/** Read at once, so that a header costs few requests. */
const chunk = 1 << 20;
const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads the beginning of a file value by value and never reads, nor makes room for, more than the file has. */
export class HeaderCursor {
  position = 0;
  private readonly source: ByteSource;
  private readonly fail: Fail;
  private window: Uint8Array = new Uint8Array();
  private view: DataView = new DataView(this.window.buffer);
  private windowStart = 0;

  constructor(source: ByteSource, fail: Fail) {
    this.source = source;
    this.fail = fail;
  }

  get remaining(): number {
    return this.source.size - this.position;
  }

  async uint32(): Promise<number> {
    const at = await this.take(4);
    return this.view.getUint32(at, true);
  }

  /** Exact up to 2^53; larger ones are only compared with the file's size, which they exceed. */
  async uint64(): Promise<number> {
    const at = await this.take(8);
    return Number(this.view.getBigUint64(at, true));
  }

  async text(what: string): Promise<string> {
    const length = await this.uint64();
    return this.decode(await this.take(length), length, what);
  }

  /** As many texts; those of a vocabulary are too many to wait for each. */
  async texts(count: number, what: string): Promise<string[]> {
    const texts: string[] = [];
    while (texts.length < count) texts.push(this.textAtHand(what) ?? (await this.text(what)));
    return texts;
  }

  /** A text that has been read from the file already. */
  private textAtHand(what: string): string | undefined {
    const at = this.position - this.windowStart;
    if (at + 8 > this.window.length) return undefined;
    const length = Number(this.view.getBigUint64(at, true));
    if (at + 8 + length > Math.min(this.window.length, longestHeader - this.windowStart)) return undefined;
    this.position += 8 + length;
    return this.decode(at + 8, length, what);
  }

  private decode(at: number, length: number, what: string): string {
    try {
      return length === 0 ? "" : text.decode(this.window.subarray(at, at + length));
    } catch {
      return this.fail(`${what} is not UTF-8 text; the file is damaged`);
    }
  }

  /** `count` values of `size` bytes each. */
  async values<Value>(count: number, size: number, read: (view: DataView, at: number) => Value): Promise<Value[]> {
    const at = await this.take(count * size);
    const { view } = this;
    return Array.from({ length: count }, (_, i) => read(view, at + i * size));
  }

  /** @returns where in the window the next `length` bytes are, which are then passed */
  private async take(length: number): Promise<number> {
    const start = this.position;
    const end = start + length;
    if (end > this.source.size) this.fail(`it ends within its header, after ${this.source.size} bytes; the download or copy was interrupted, fetch it again`);
    if (end > longestHeader) this.fail(`its header would be longer than ${longestHeader} bytes; the file is damaged`);
    if (end > this.windowStart + this.window.length) {
      this.window = await this.source.read(start, Math.min(this.source.size, Math.max(end, start + chunk)));
      this.view = new DataView(this.window.buffer, this.window.byteOffset, this.window.byteLength);
      this.windowStart = start;
    }
    this.position = end;
    return start - this.windowStart;
  }
}
