import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { CheckpointError } from "../../src/checkpoint/errors.ts";
import { openSafetensors, readSafetensors, type StoredTensor, writeSafetensors } from "../../src/checkpoint/safetensors.ts";
import type { ByteSource } from "../../src/data/byte-source.ts";
import { memorySource } from "./memory-source.ts";
import { openDamaged, sameOrRefused } from "./mutations.ts";

const tensors = new Map<string, StoredTensor>([
  ["a.bytes", { dtype: "uint8", shape: [3], data: Uint8Array.of(1, 2, 3) }],
  ["a.half", { dtype: "float16", shape: [1, 3], data: Uint16Array.of(0x3c00, 0xc000, 1) }],
  ["b.weight", { dtype: "float32", shape: [2, 2], data: Float32Array.of(1, -2, 3.5, 1e-20) }],
  ["b.index", { dtype: "int64", shape: [2], data: BigInt64Array.of(-1n, 2n ** 40n) }],
  ["c.empty", { dtype: "float32", shape: [0, 4], data: new Float32Array() }],
  ["c.scalar", { dtype: "bfloat16", shape: [], data: Uint16Array.of(0x3f80) }],
]);
const bytes = writeSafetensors(tensors, { licence: "Apache-2.0" });
const headerBytes = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));

/** A file with this header and body, which need not lie at a multiple of anything. */
function fileOf(header: unknown, body: Uint8Array): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + body.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  file.set(body, 8 + json.length);
  return file;
}

test("only the header is read until a tensor is asked for, and then that tensor alone", async () => {
  const ranges: [number, number][] = [];
  const memory = memorySource(bytes, "weights");
  const source: ByteSource = {
    ...memory,
    read: (start, end) => {
      ranges.push([start, end]);
      return memory.read(start, end);
    },
  };
  const { weights, metadata, format } = await openSafetensors(source);
  expect(Math.max(...ranges.map(([, end]) => end))).toBe(headerBytes);
  expect([format, metadata]).toEqual(["safetensors", { licence: "Apache-2.0" }]);
  ranges.length = 0;
  expect(await weights.get("b.weight")!.load()).toEqual(tensors.get("b.weight"));
  expect(ranges.map(([start, end]) => end - start)).toEqual([16]);
});

test("what is streamed is what is read at once", async () => {
  const { weights } = await openSafetensors(memorySource(bytes, "weights"));
  const whole = readSafetensors(bytes).tensors;
  expect([...weights.keys()]).toEqual([...whole.keys()]);
  for (const [name, { storedAs, shape, bytes: size, load }] of weights) {
    const tensor = whole.get(name)!;
    expect([storedAs, shape, size]).toEqual([tensor.dtype, tensor.shape, tensor.data.byteLength]);
    expect(await load()).toEqual(tensor);
  }
});

test("types that are not ours become the nearest that is", async () => {
  const body = new Uint8Array(8 + 2 + 2 + 4);
  const view = new DataView(body.buffer);
  view.setFloat64(0, 0.1, true);
  view.setInt16(8, -30_000, true);
  view.setUint16(10, 60_000, true);
  view.setUint32(12, 4_000_000_000, true);
  const header = {
    double: { dtype: "F64", shape: [1], data_offsets: [0, 8] },
    short: { dtype: "I16", shape: [1], data_offsets: [8, 10] },
    unsignedShort: { dtype: "U16", shape: [1], data_offsets: [10, 12] },
    unsigned: { dtype: "U32", shape: [1], data_offsets: [12, 16] },
  };
  for (const file of [fileOf(header, body), fileOf({ ...header, __metadata__: { pad: "x" } }, body)]) {
    const { weights } = await openSafetensors(memorySource(file, "weights"));
    const loaded = await Promise.all([...weights.values()].map(async ({ storedAs, load }) => ({ storedAs, ...(await load()) })));
    expect(loaded).toEqual([
      { storedAs: "float64", dtype: "float32", shape: [1], data: Float32Array.of(0.1) },
      { storedAs: "int16", dtype: "int32", shape: [1], data: Int32Array.of(-30_000) },
      { storedAs: "uint16", dtype: "int32", shape: [1], data: Int32Array.of(60_000) },
      { storedAs: "uint32", dtype: "int64", shape: [1], data: BigInt64Array.of(4_000_000_000n) },
    ]);
    expect([...readSafetensors(file).tensors.values()].map(({ data }) => data)).toEqual(loaded.map(({ data }) => data));
  }
});

test.each([
  ["cut within the length", bytes.subarray(0, 5), /only 5 bytes long/],
  ["cut within the header", bytes.subarray(0, 40), /ends within its header, after 40 bytes/],
  ["cut within the tensors", bytes.subarray(0, bytes.length - 1), /ends at byte \d+ of \d+; the download or copy was interrupted/],
  ["a header of 2^63 bytes", Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x80, 0x7b), /does not begin with a safetensors header/],
  ["metadata that are no texts", fileOf({ __metadata__: { a: [1] } }, new Uint8Array()), /metadata are not texts/],
])("refuses at once: %s", async (_, file, message) => {
  await expect(openSafetensors(memorySource(file, "weights"))).rejects.toThrow(CheckpointError);
  await expect(openSafetensors(memorySource(file, "weights"))).rejects.toThrow(message);
});

test("null for metadata is none, as for the format's own library", async () => {
  const { weights, metadata } = await openSafetensors(
    memorySource(fileOf({ __metadata__: null, x: { dtype: "U8", shape: [1], data_offsets: [0, 1] } }, Uint8Array.of(7)), "x"),
  );
  expect([metadata, (await weights.get("x")!.load()).data]).toEqual([{}, Uint8Array.of(7)]);
});

test("every type that the format's own library writes is known by its size; what cannot be read fails when it is asked for", async () => {
  const file = await readFile(new URL("../fixtures/checkpoint/every-type.safetensors", import.meta.url));
  const { weights } = await openSafetensors(memorySource(file, "types"));
  const unread: string[] = [];
  for (const [name, { storedAs, shape, unreadable, load }] of weights) {
    expect(shape).toEqual([4]);
    expect(name.startsWith(storedAs)).toBe(true);
    if (unreadable === undefined) expect((await load()).data).toHaveLength(4);
    else {
      unread.push(storedAs);
      await expect(load()).rejects.toThrow(CheckpointError);
      await expect(load()).rejects.toThrow(`types: tensor ${name} is stored as ${storedAs}, which cannot be read; readable are float32, float16, `);
    }
  }
  expect(unread).toEqual(["uint64", "complex64", "float8_e5m2fnuz", "float8_e4m3fnuz", "float8_e8m0", "float8_e4m3", "float8_e5m2", "float4"]);
  expect(() => readSafetensors(file, "types")).toThrow(/types: tensor uint64 is stored as uint64, which cannot be read/);
});

test("a type that the format did not have yet takes the place that it has", async () => {
  const { weights } = await openSafetensors(memorySource(fileOf({ x: { dtype: "F2", shape: [4], data_offsets: [0, 1] } }, new Uint8Array(1)), "x"));
  expect(weights.get("x")).toMatchObject({ storedAs: "F2", shape: [4], bytes: 1 });
  await expect(weights.get("x")!.load()).rejects.toThrow(/tensor x is stored as F2, which cannot be read/);
});

test("whatever is damaged in a header: tensors of the same name, type and shape hold the same, or the file is refused", async () => {
  expect(await sameOrRefused(bytes, headerBytes, openSafetensors, 1000)).toBeGreaterThan(500);
});

test("whatever is damaged: read or refused, never anything else", async () => {
  expect(await openDamaged(bytes, headerBytes, openSafetensors, 1000)).toBeGreaterThan(100);
});
