/** The header of a safetensors file: an 8-byte length, then JSON that says where each tensor lies. */
import { checkPlaces, type Fail, isCounts, type Place } from "./places.ts";
import { type FileType, safetensorsTypes } from "./safetensors-types.ts";

/** The format's own limit, in bytes. */
const longestHeader = 100_000_000;

/** Bytes before the header: its length. */
export const lengthBytes = 8;

export interface SafetensorsEntry extends Place {
  readonly type: FileType;
  readonly shape: readonly number[];
}

export interface SafetensorsHeader {
  /** In the order of the file; places count from the end of the header. */
  readonly entries: readonly SafetensorsEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * @param start - the file's first 8 bytes, or all of them if there are fewer
 * @param size - the file's, in bytes
 * @returns where the header ends
 */
export function headerEnd(start: Uint8Array, size: number, fail: Fail): number {
  if (start.length < lengthBytes) fail(`it is only ${start.length} bytes long; the download or copy was interrupted, fetch it again`);
  const length = Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
  if (length > longestHeader) fail("it does not begin with a safetensors header; is it another format?");
  if (lengthBytes + length > size) fail(`it ends within its header, after ${size} bytes; the download or copy was interrupted, fetch it again`);
  return lengthBytes + length;
}

/**
 * @param bytes - the JSON alone
 * @param bodyLength - bytes of the file after it
 */
export function parseSafetensorsHeader(bytes: Uint8Array, bodyLength: number, fail: Fail): SafetensorsHeader {
  const { __metadata__: given, ...rest } = parseJson(bytes, fail);
  // The format's own library takes null for none.
  const metadata = given ?? {};
  if (!isTexts(metadata)) fail("its metadata are not texts by name; the file is damaged");
  const entries = Object.entries(rest).map(([name, value]) => readEntry(name, value, fail));
  checkPlaces(entries, bodyLength, fail);
  checkNothingBetween(entries, bodyLength, fail);
  return { entries, metadata: metadata as Record<string, string> };
}

/** The format allows no bytes that belong to no tensor: where there are some, a place is wrong. */
function checkNothingBetween(entries: readonly SafetensorsEntry[], bodyLength: number, fail: Fail): void {
  let end = 0;
  for (const entry of [...entries].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (entry.start !== end) fail(`bytes ${end} to ${entry.start}, before tensor ${entry.name}, belong to no tensor; the file is damaged`);
    end = entry.end;
  }
  if (end !== bodyLength) fail(`its last ${bodyLength - end} bytes belong to no tensor; the file is damaged`);
}

function parseJson(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (typeof header === "object" && header !== null && !Array.isArray(header)) return header as Record<string, unknown>;
  } catch {
    // The message below says all that a user can use.
  }
  return fail("its header is not JSON; it is damaged or another format");
}

function isTexts(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).every((each) => typeof each === "string");
}

function readEntry(name: string, value: unknown, fail: Fail): SafetensorsEntry {
  const { dtype: code, shape, data_offsets: offsets } = (value ?? {}) as { dtype?: unknown; shape?: unknown; data_offsets?: unknown };
  if (typeof code !== "string") return fail(`tensor ${name} is of the type ${JSON.stringify(code)}, which is not a name; the file is damaged`);
  if (!isCounts(shape)) return fail(`tensor ${name} has the shape ${JSON.stringify(shape)}, which is not a list of sizes`);
  if (!isCounts(offsets) || offsets.length !== 2) return fail(`tensor ${name} lies at ${JSON.stringify(offsets)}, which is not a start and an end`);
  const [start, end] = offsets as [number, number];
  const type = safetensorsTypes.get(code);
  // A type that the format did not have yet when this was written takes what its place has.
  if (type === undefined) return { name, type: { storedAs: code, bitsPerValue: Number.NaN }, shape, start, end };
  const length = shape.reduce((product, size) => product * size, type.bitsPerValue) / 8;
  if (end - start !== length)
    return fail(`tensor ${name} ${code} [${shape.join(", ")}] needs ${length} bytes, its place has ${end - start}; the file is damaged`);
  return { name, type, shape, start, end };
}
