import fastCheck from "fast-check";
import { describe, expect, test } from "vitest";
import { CheckpointError } from "../../src/checkpoint/errors.ts";
import { bfloat16ToFloat32, float16ToFloat32, float32ToFloat16 } from "../../src/checkpoint/half.ts";
import { readSafetensors, type StoredTensor, writeSafetensors } from "../../src/checkpoint/safetensors.ts";

const tensors = new Map<string, StoredTensor>([
  ["a.bytes", { dtype: "uint8", shape: [3], data: Uint8Array.of(1, 2, 3) }],
  ["a.half", { dtype: "float16", shape: [1, 3], data: Uint16Array.of(0x3c00, 0xc000, 1) }],
  ["b.weight", { dtype: "float32", shape: [2, 2], data: Float32Array.of(1, -2, 3.5, 1e-20) }],
  ["b.index", { dtype: "int64", shape: [2], data: BigInt64Array.of(-1n, 2n ** 40n) }],
  ["c.empty", { dtype: "float32", shape: [0, 4], data: new Float32Array() }],
]);
const bytes = writeSafetensors(tensors, { licence: "Apache-2.0" });

/** A file with this header and so many bytes after it. */
function fileOf(header: unknown, length: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + length);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  return file;
}

describe("safetensors", () => {
  test("are read as they were written, from any place in memory", () => {
    for (const shift of [0, 1, 4]) {
      const moved = new Uint8Array(bytes.length + shift).subarray(shift);
      moved.set(bytes);
      const file = readSafetensors(moved);
      expect(file.metadata).toEqual({ licence: "Apache-2.0" });
      for (const [name, tensor] of tensors) expect(file.tensors.get(name)).toEqual(tensor);
    }
  });

  test("begin with a header that is a multiple of 8 bytes long, tensors aligned", () => {
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<string, { dtype: string; data_offsets: [number, number] }>;
    expect(header["b.weight"]!.data_offsets[0] % 4).toBe(0);
    expect(header["a.half"]!.dtype).toBe("F16");
  });

  test.each([
    ["cut within the length", bytes.subarray(0, 5), /only 5 bytes long.*fetch it again/],
    ["cut within the header", bytes.subarray(0, 40), /ends within its header, after 40 bytes/],
    ["cut within the tensors", bytes.subarray(0, bytes.length - 1), /ends at byte \d+ of \d+; the download or copy was interrupted/],
    ["another format", new Uint8Array(64).fill(0x50), /does not begin with a safetensors header/],
    ["no JSON", fileOf("{broken", 0), /header is not JSON/],
    ["a list", fileOf([], 0), /header is not JSON/],
    ["no type", fileOf({ x: { dtype: 8, shape: [1], data_offsets: [0, 1] } }, 1), /tensor x is of the type 8, which is not a name/],
    ["bytes between tensors", fileOf({ x: { dtype: "U8", shape: [2], data_offsets: [1, 3] } }, 3), /bytes 0 to 1, before tensor x, belong to no tensor/],
    ["bytes after all tensors", fileOf({ x: { dtype: "U8", shape: [2], data_offsets: [0, 2] } }, 3), /its last 1 bytes belong to no tensor/],
    ["half a byte", fileOf({ x: { dtype: "F4", shape: [3], data_offsets: [0, 2] } }, 2), /tensor x F4 \[3\] needs 1\.5 bytes, its place has 2/],
    ["a negative size", fileOf({ x: { dtype: "F32", shape: [-1], data_offsets: [0, 4] } }, 4), /tensor x has the shape \[-1\]/],
    ["a place of another size", fileOf({ x: { dtype: "F32", shape: [2], data_offsets: [0, 4] } }, 8), /tensor x F32 \[2\] needs 8 bytes, its place has 4/],
    [
      "tensors over each other",
      fileOf({ x: { dtype: "U8", shape: [2], data_offsets: [0, 2] }, y: { dtype: "U8", shape: [2], data_offsets: [1, 3] } }, 3),
      /tensor y overlaps another one/,
    ],
    ["no place", fileOf({ x: { dtype: "U8", shape: [2] } }, 2), /tensor x lies at undefined/],
  ])("refuses a file that is damaged: %s", (_, file, message) => {
    expect(() => readSafetensors(file, "weights.safetensors")).toThrow(CheckpointError);
    expect(() => readSafetensors(file, "weights.safetensors")).toThrow(message);
    expect(() => readSafetensors(file, "weights.safetensors")).toThrow(/^weights\.safetensors: /);
  });

  test("whatever bytes are changed: the file is read or refused, never anything else", () => {
    fastCheck.assert(
      fastCheck.property(
        fastCheck.array(fastCheck.tuple(fastCheck.nat(bytes.length - 1), fastCheck.nat(255)), { minLength: 1, maxLength: 6 }),
        fastCheck.nat(bytes.length),
        (changes, end) => {
          const file = bytes.slice(0, end);
          for (const [at, value] of changes) if (at < end) file[at] = value;
          try {
            for (const { shape, data } of readSafetensors(file).tensors.values()) expect(data.length).toBe(shape.reduce((product, size) => product * size, 1));
          } catch (error) {
            expect(error).toBeInstanceOf(CheckpointError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("16-bit numbers", () => {
  test("every half is widened and narrowed exactly", () => {
    const halves = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
    const back = float32ToFloat16(float16ToFloat32(halves));
    for (const bits of halves) if ((bits & 0x7fff) <= 0x7c00) expect(back[bits]).toBe(bits);
    expect([...float16ToFloat32(Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00))]).toEqual([1, -2, 65_504, 2 ** -24, Number.POSITIVE_INFINITY]);
  });

  test("numbers between two halves go to the nearer, ties to the even one", () => {
    const step = 2 ** -10;
    expect([
      ...float16ToFloat32(float32ToFloat16(Float32Array.of(1 + 0.49 * step, 1 + 0.5 * step, 1 + 1.5 * step, 65_519, 65_520, 2 ** -25, 1.5 * 2 ** -24))),
    ]).toEqual([1, 1, 1 + 2 * step, 65_504, Number.POSITIVE_INFINITY, 0, 2 ** -23]);
    expect(Number.isNaN(float16ToFloat32(float32ToFloat16(Float32Array.of(Number.NaN)))[0])).toBe(true);
  });

  test("bfloat16 is the upper half of a float32", () => {
    expect([...bfloat16ToFloat32(Uint16Array.of(0x3f80, 0xc049, 0x0000))]).toEqual([1, -3.140625, 0]);
  });
});
