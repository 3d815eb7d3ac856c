import { open, realpath } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { DataError } from "../../data/errors.ts";
import type { FeatureRows } from "../feature-index.ts";

/** Features lie in NumPy's form, so that other tools read them too: its header is as long as this. */
const headerBytes = 128;

/** The header of a `.npy` file of float32 rows. */
export function npyHeader(count: number, width: number): Uint8Array {
  const description = `{'descr': '<f4', 'fortran_order': False, 'shape': (${count}, ${width}), }`;
  const header = new Uint8Array(headerBytes).fill(0x20);
  header.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, headerBytes - 10, 0]);
  header.set(new TextEncoder().encode(description), 10);
  header[headerBytes - 1] = 0x0a;
  return header;
}

/**
 * A `.npy` file of float32 rows, to be mapped: nothing of it but its header is read.
 * @throws DataError when it is something else, or shorter than it says
 */
export async function openFeatureFile(path: string): Promise<FeatureRows> {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    throw new DataError(error.code === "ENOENT" ? `there is no file ${path}` : `cannot read ${path} (${error.message})`, { cause: error });
  });
  try {
    const { size } = await file.stat();
    const { buffer } = await file.read(Buffer.alloc(Math.min(size, 4096)), 0, Math.min(size, 4096), 0);
    const offset = buffer.length < 10 ? 0 : 10 + buffer.readUInt16LE(8);
    const found = /'descr': '<f4', 'fortran_order': False, 'shape': \((\d+), (\d+)\)/.exec(buffer.subarray(10, offset).toString("latin1"));
    if (buffer.subarray(1, 6).toString("latin1") !== "NUMPY" || found === null)
      throw new DataError(`${path} holds no features: it must be an .npy file of float32 rows, shape (count, width), in row-major order`);
    const [count, width] = [Number(found[1]), Number(found[2])];
    if (size < offset + 4 * count * width)
      throw new DataError(`${path} is cut short: ${count} x ${width} numbers need ${offset + 4 * count * width} bytes, it has ${size}`);
    const real = await realpath(path);
    return { count, width, rows: { folder: dirname(real), name: basename(real), offset } };
  } finally {
    await file.close();
  }
}
