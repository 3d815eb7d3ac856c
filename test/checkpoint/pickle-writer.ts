import { TextReader, Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";

/** Operations of a pickle, one after the other: what a hostile file may have, torch.save never writes. */
export type Operations = readonly number[];

const encoder = new TextEncoder();

export function text(value: string): Operations {
  const bytes = [...encoder.encode(value)];
  return [0x58, ...little(bytes.length, 4), ...bytes];
}

/** Of up to 53 bits. */
export function integer(value: number): Operations {
  return [0x8a, 8, ...new Uint8Array(BigInt64Array.of(BigInt(value)).buffer)];
}

export function tuple(...items: readonly Operations[]): Operations {
  return [0x28, ...items.flat(), 0x74];
}

export function dict(...items: readonly (readonly [string, Operations])[]): Operations {
  return [0x7d, 0x28, ...items.flatMap(([key, value]) => [...text(key), ...value]), 0x75];
}

export function globalName(module: string, name: string): Operations {
  return [0x63, ...encoder.encode(`${module}\n${name}\n`)];
}

export interface View {
  readonly type?: string;
  readonly key?: string;
  readonly elements: number;
  readonly offset?: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

export function tensor({ type = "FloatStorage", key = "0", elements, offset = 0, shape, strides }: View): Operations {
  const storage = [...tuple(text("storage"), globalName("torch", type), text(key), text("cpu"), integer(elements)), 0x51];
  const sizes = [shape, strides].map((each) => tuple(...each.map(integer)));
  return [...globalName("torch._utils", "_rebuild_tensor_v2"), ...tuple(storage, integer(offset), ...sizes, [0x89], [0x7d]), 0x52];
}

/** A whole pickle of protocol 2. */
export function pickle(...operations: readonly Operations[]): Uint8Array {
  return Uint8Array.from([0x80, 2, ...operations.flat(), 0x2e]);
}

/** A zip archive as torch.save lays it out. */
export async function archive(
  description: Uint8Array,
  others: Readonly<Record<string, Uint8Array | string>> = {},
  { compressed = false, folder = "archive/" }: { compressed?: boolean; folder?: string } = {},
): Promise<Uint8Array> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { level: compressed ? 6 : 0, useWebWorkers: false });
  for (const [name, content] of Object.entries({ "data.pkl": description, ...others }))
    await writer.add(folder + name, typeof content === "string" ? new TextReader(content) : new Uint8ArrayReader(content));
  return writer.close();
}

function little(value: number, length: number): number[] {
  return Array.from({ length }, (_, i) => Math.floor(value / 256 ** i) % 256);
}
