import type { Fail } from "../places.ts";

/** The bytes of a pickle, read from front to back. All numbers but floats are little-endian. */
export class PickleInput {
  offset = 0;
  /** Told what is wrong with the pickle. */
  readonly fail: Fail;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  constructor(bytes: Uint8Array, fail: Fail) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.fail = fail;
  }

  /** Of the whole pickle, in bytes. */
  get length(): number {
    return this.#bytes.length;
  }

  uint8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  /** A length: no longer than a number can be exact. */
  uint64(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true));
  }

  /** Big-endian, as pickles have it. */
  float64(): number {
    return this.#view.getFloat64(this.#take(8), false);
  }

  /** Two's complement of any length. */
  integer(length: number): number | bigint {
    const start = this.#take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[start + i]!);
    const signed = BigInt.asIntN(8 * length, value);
    return signed >= Number.MIN_SAFE_INTEGER && signed <= Number.MAX_SAFE_INTEGER ? Number(signed) : signed;
  }

  bytes(length: number): Uint8Array {
    const start = this.#take(length);
    return new Uint8Array(this.#bytes.subarray(start, start + length));
  }

  text(length: number): string {
    const start = this.#take(length);
    return this.#decode(start, start + length);
  }

  /** Up to the next line feed, which is left out. */
  line(): string {
    const start = this.offset;
    const end = this.#bytes.indexOf(0x0a, start);
    if (end < 0) this.fail("it ends within a name");
    this.offset = end + 1;
    return this.#decode(start, end);
  }

  #decode(start: number, end: number): string {
    try {
      return this.#text.decode(this.#bytes.subarray(start, end));
    } catch {
      return this.fail(`the text at byte ${start} is not UTF-8`);
    }
  }

  #take(length: number): number {
    const start = this.offset;
    if (length > this.#bytes.length - start) this.fail(`it ends at byte ${this.#bytes.length}, within a value of ${length} bytes at byte ${start}`);
    this.offset = start + length;
    return start;
  }
}
