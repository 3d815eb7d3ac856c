import { constants } from "node:fs";
import { access, open, realpath, rename } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { hexDigest } from "../../checkpoint/digest.ts";
import { DataError } from "../../data/errors.ts";
import { reasonOf, writing } from "../../data/platform/node-write.ts";
import type { FileTensor } from "../../runtime/runtime.ts";
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

/** What makes features the same: whose they are, and who made them. */
export type FeatureOrigin = Readonly<Record<string, string>>;

/**
 * Features that are made once: those in the file, else new ones, which the file has then; where they come from stands behind them, where other tools do not look.
 * A process that was killed while it made them is gone on from, and several that make the same at the same time do each other no harm: they write the same rows at the same places.
 * @param rowsFrom - the next rows from a place on: those that are made together with it
 * @throws DataError when the file holds other features
 */
export async function keptFeatures(
  path: string,
  origin: FeatureOrigin,
  count: number,
  rowsFrom: (place: number) => Promise<readonly Float32Array[]>,
): Promise<FeatureRows> {
  const told = new TextEncoder().encode(`${JSON.stringify(origin)}\n`);
  const found = await originOf(path);
  if (found === undefined) {
    const part = `${path}.${(await hexDigest(told)).slice(0, 8)}.part`;
    await makeRows(part, told, count, rowsFrom);
    await rename(part, path).catch(async (error: Error) => {
      // Another process may have finished the same.
      if ((await originOf(path)) !== decoded(told)) throw new DataError(`${path} cannot be written: ${reasonOf(error)}`, { cause: error });
    });
  } else if (found !== decoded(told))
    throw new DataError(
      `${path} holds features of other pictures or of another encoder: it says ${found.trim() || "nothing of where they come from"}, wanted are ${decoded(told).trim()}. Name another file`,
    );
  return openFeatureFile(path);
}

/** What stands behind the rows of a file; undefined where there is no file. */
async function originOf(path: string): Promise<string | undefined> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (!isThere) return undefined;
  const { count, width, rows } = (await openFeatureFile(path)) as FeatureRows & { readonly rows: FileTensor["file"] };
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, rows.offset + 4 * count * width);
    return decoded(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

async function makeRows(path: string, end: Uint8Array, count: number, rowsFrom: (place: number) => Promise<readonly Float32Array[]>): Promise<void> {
  const file = await writing(path, () => open(path, constants.O_RDWR | constants.O_CREAT));
  const write = (bytes: Uint8Array, at: number): Promise<unknown> => writing(path, () => file.write(bytes, 0, bytes.length, at));
  try {
    const first = await rowsFrom(0);
    const width = first[0]!.length;
    const there = Math.min(count, Math.floor(((await file.stat()).size - headerBytes) / (4 * width)));
    await write(npyHeader(count, width), 0);
    for (let place = 0; place < count; ) {
      const rows = place === 0 ? first : await rowsFrom(place);
      await write(Buffer.concat(rows.map(bytesOf)), headerBytes + 4 * width * place);
      place += rows.length;
      // From where those begin that are made together with the next that is missing: made with others they might differ in the last bits.
      if (place < there) place = there - (there % first.length);
    }
    await write(end, headerBytes + 4 * width * count);
    await writing(path, () => file.sync());
  } finally {
    await file.close();
  }
}

function decoded(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
