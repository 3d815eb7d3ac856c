import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { blockTensors, dequantised } from "../../src/checkpoint/block-tensors.ts";
import { convertWeights } from "../../src/checkpoint/convert-weights.ts";
import { formatsFor } from "../../src/checkpoint/converted-folder.ts";
import { CheckpointError } from "../../src/checkpoint/errors.ts";
import { openGguf } from "../../src/checkpoint/gguf/open-gguf.ts";
import { tensorTypes } from "../../src/checkpoint/gguf/tensor-types.ts";
import { float16ToFloat32 } from "../../src/checkpoint/half.ts";
import { widened } from "../../src/checkpoint/widen.ts";
import { blocksOf, middleOf, Scope, type WeightFormats } from "../../src/nn/scope.ts";
import type { HostTensor } from "../../src/runtime/runtime.ts";
import { blockProduct } from "./block-product.ts";
import { memorySource } from "./memory-source.ts";
import { openDamaged, sameOrRefused } from "./mutations.ts";

/** Made by tools/reference/gguf_file.py with llama.cpp's own package. */
const fixtures = new URL("../fixtures/checkpoint/gguf/", import.meta.url);
const bytes = new Uint8Array(await readFile(new URL("types.gguf", fixtures)));
const expected = JSON.parse(await readFile(new URL("types.json", fixtures), "utf8")) as {
  tensors: Record<string, { type: string; shape: number[]; values: string }>;
  sizes: Record<string, [number, number]>;
};
const file = await openGguf(memorySource(bytes, "types.gguf"));
const headerBytes = bytes.length - [...file.weights.values()].reduce((sum, weight) => sum + Math.ceil(weight.bytes / 32) * 32, 0);

function expectedValues(name: string): Float32Array {
  return new Float32Array(new Uint8Array(Buffer.from(expected.tensors[name]!.values, "base64")).buffer);
}

test("metadata of every type are plain values, texts as they are", () => {
  expect(file.format).toBe("gguf");
  expect(file.metadata).toEqual({
    "general.architecture": "llama",
    "general.name": "every type",
    "test.uint8": 200,
    "test.int8": -100,
    "test.uint16": 60_000,
    "test.int16": -30_000,
    "test.uint32": 4_000_000_000,
    "test.int32": -2_000_000_000,
    "test.uint64": 2 ** 53 - 1,
    "test.large": 2n ** 63n + 1n,
    "test.int64": -(2 ** 40),
    "test.float32": Math.fround(0.1),
    "test.float64": 0.1,
    "test.bool": true,
    "test.numbers": [1.5, -2.25, 3],
    "test.texts": ["a", "", "\ufeffmark", "漢字", "Ġthe"],
    "test.nested": [[1, 2], [3]],
  });
});

test.each(Object.keys(expected.tensors))("%s has the values that llama.cpp's package gives, to the bit", async (name) => {
  const weight = file.weights.get(name)!;
  const { shape, type } = expected.tensors[name]!;
  expect(weight.shape).toEqual(shape);
  if (!/^[FIB]/.test(type)) expect(weight.storedAs).toBe(type.toLowerCase());
  const { data } = widened(await weight.load());
  expect(Float32Array.from(data as Float32Array, Number)).toEqual(expectedValues(name));
});

test("blocks take the bytes that llama.cpp's package says", () => {
  const sizes = [...tensorTypes.values()].filter(({ blockSize }) => blockSize > 1).map(({ name, blockSize, blockBytes }) => [name, [blockSize, blockBytes]]);
  expect(sizes.length).toBeGreaterThan(20);
  expect(sizes).toEqual(sizes.map(([name]) => [name, expected.sizes[name as string]]));
});

const inBlocks = ["q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "iq4_nl", "q2_k", "q3_k", "q4_k", "q5_k", "q6_k", "iq4_xs"];

test("every quantised type that is read stays in blocks, of the values that it has to the bit", async () => {
  const quantised = [...file.weights].filter(
    ([, { storedAs, unreadable }]) => [...tensorTypes.values()].some(({ name, blockSize }) => name === storedAs && blockSize > 1) && unreadable === undefined,
  );
  expect(quantised.map(([name]) => name).sort()).toEqual([...inBlocks].sort());
  for (const [name, { blocks }] of quantised) expect(dequantised(await blocks!.load()), name).toEqual(expectedValues(name));
});

test.each(inBlocks)("%s: ONNX Runtime's product of the blocks is the product of the values", async (name) => {
  const blocks = await file.weights.get(name)!.blocks!.load();
  const values = expectedValues(name);
  const { rows, columns, blockSize } = blocks;
  expect([rows, columns]).toEqual(expected.tensors[name]!.shape);
  // The middle of codes is taken off the sum of the products at the end.
  const middle = name === "q8_0" ? 0 : middleOf(blocks.bits);
  const scales = blocks.scales instanceof Float32Array ? blocks.scales : float16ToFloat32(blocks.scales);
  const perRow = columns / blockSize;
  const largest = Array.from({ length: rows }, (_, row) => Math.max(...scales.subarray(row * perRow, (row + 1) * perRow).map(Math.abs)));
  // One column of the identity reads one value of every row, so no mistake of place can hide; then rows of all values.
  const identity = Float32Array.from({ length: columns * columns }, (_, i) => (i % (columns + 1) === 0 ? 1 : 0));
  // Numbers of 8 bits in every block, since that is what the product turns them to.
  const mixed = Float32Array.from({ length: 3 * columns }, (_, i) => (i % blockSize === 0 ? 127 : Math.round(127 * Math.sin(i))));
  for (const left of [identity, mixed]) {
    const product = await blockProduct(blocks, left);
    for (let i = 0; i < left.length / columns; i++) {
      for (let row = 0; row < rows; row++) {
        let sum = 0;
        let scale = 0;
        for (let k = 0; k < columns; k++) {
          const term = left[i * columns + k]! * values[row * columns + k]!;
          sum += term;
          scale += Math.abs(term);
        }
        const bound = 2e-6 * scale + 1e-6 * Math.abs(values[row * columns]!) + middle * 2e-7 * largest[row]! + 1e-12;
        expect(Math.abs(product[i * rows + row]! - sum)).toBeLessThanOrEqual(bound);
      }
    }
  }
});

test.each(inBlocks)("%s becomes floats, and the blocks of model folders", async (name) => {
  const values = expectedValues(name);
  const shape = expected.tensors[name]!.shape as [number, number];
  const stored = new Map(blockTensors("language.weight", await file.weights.get(name)!.blocks!.load()));
  const converted = (formats: WeightFormats): ReadonlyMap<string, HostTensor> => {
    const scope = new Scope(formats);
    scope.child("language").matrix("weight", shape, { kind: "constant", value: 0 });
    return new Map(convertWeights(scope.weights(), stored));
  };
  const largest = Math.max(...values.map(Math.abs));
  const difference = (found: Float32Array): number => Math.max(...found.map((value, i) => Math.abs(value - values[i]!))) / largest;
  expect(difference(converted(() => undefined).get("language.weight")!.data as Float32Array)).toBeLessThan(1e-6);
  for (const [kind, bound] of [
    ["int8", 0.005],
    ["int4", 0.15],
  ] as const) {
    const tensors = converted(formatsFor({ vision: kind, resampler: kind, fusion: kind, language: kind }, stored));
    const [codes, scales, minimums] = ["codes", "scales", "minimums"].map((part) => tensors.get(`language.weight.${part}`));
    expect(scales!.dtype).toBe("float16");
    const { bits, blockSize } = blocksOf(codes!.shape, shape[1])!;
    expect(blockSize).toBeGreaterThanOrEqual(32);
    const blocks = { bits, blockSize, rows: shape[0], columns: shape[1], codes: codes!.data as Uint8Array, scales: scales!.data as Uint16Array };
    expect(difference(dequantised({ ...blocks, ...(minimums && { minimums: minimums.data as Uint16Array }) }))).toBeLessThan(bound);
  }
});

test("a type without such blocks offers none; a type that is only known by its size is named when it is loaded", async () => {
  expect(file.weights.get("f32")!.blocks).toBeUndefined();
  // iq3_s, with blocks of the same size.
  const { weights } = await openGguf(memorySource(changed(typePlace("q3_k"), 21), "types.gguf"));
  expect(weights.get("q3_k")).toMatchObject({ storedAs: "iq3_s", unreadable: expect.stringContaining("cannot be read") });
  await expect(weights.get("q3_k")!.load()).rejects.toThrow(
    /types\.gguf: tensor q3_k is stored as iq3_s, which cannot be read; readable are float32, float16, q4_0, .*: convert it to one of them/,
  );
});

test("a type of tensor that nobody knows has room up to the next one, and is named when it is loaded", async () => {
  for (const name of ["q8_0", [...file.weights.keys()].at(-1)!]) {
    const { weights } = await openGguf(memorySource(changed(typePlace(name, expected.tensors[name]!.shape.length), 200), "types.gguf"));
    const { storedAs, shape, bytes: taken, load } = weights.get(name)!;
    const before = file.weights.get(name)!;
    expect([storedAs, shape]).toEqual(["ggml type 200", before.shape]);
    // Filled up to the alignment.
    expect(taken).toBeGreaterThanOrEqual(before.bytes);
    expect(taken).toBeLessThan(before.bytes + 32);
    await expect(load()).rejects.toThrow(/tensor \S+ is stored as ggml type 200, which cannot be read/);
    await Promise.all(
      [...weights].map(async ([other, weight]) => other !== name && expect(await weight.load()).toEqual(await file.weights.get(other)!.load())),
    );
  }
});

/** Where the header has the type of a matrix: behind its name, the number of its dimensions and those. */
function typePlace(name: string, dimensions = 2): number {
  const at = Buffer.from(bytes).indexOf(Buffer.from([name.length, 0, 0, 0, 0, 0, 0, 0, ...Buffer.from(name)]));
  return at + 8 + name.length + 4 + 8 * dimensions;
}

function changed(at: number, ...to: number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(to, at);
  return copy;
}

const far = [0, 0, 0, 0, 0, 0, 0, 0x40];
test.each([
  ["another format", changed(0, 0x50), /does not begin with GGUF/],
  ["cut within its first number", bytes.subarray(0, 3), /ends within its header, after 3 bytes/],
  ["cut within the metadata", bytes.subarray(0, 200), /200 bytes/],
  ["cut within the tensors' names", bytes.subarray(0, headerBytes - 200), /ends within its header/],
  ["cut within the tensors", bytes.subarray(0, bytes.length - 40), /tensor \w+ ends at byte \d+ of \d+; the download or copy was interrupted/],
  ["version 1", changed(4, 1), /version 1; readable are 2 and 3/],
  ["the other order of bytes", changed(4, 0, 0, 0, 3), /big-endian file/],
  ["2^62 tensors", changed(8, ...far), /tensors and 17 metadata are more than its \d+ bytes can name/],
  ["2^62 metadata", changed(16, ...far), /metadata are more than its \d+ bytes can name/],
  ["a key of 2^62 bytes", changed(24, ...far), /ends within its header/],
  ["a key that is no text", changed(32, 0xff), /key of metadata entry 0 is not UTF-8/],
  ["a value of no type", changed(32 + "general.architecture".length, 13), /metadata general\.architecture is of type 13/],
  ["a tensor less than there are", changed(8, Object.keys(expected.tensors).length - 1), /its last \d+ bytes belong to no tensor/],
  ["a type with smaller blocks", changed(typePlace("q4_k"), 23), /bytes \d+ to \d+ of its tensors, before \w+, belong to none/],
  ["a place that is not aligned", changed(typePlace("q8_0") + 4, 1), /tensor q8_0 begins at \d+, which is not a multiple of 32/],
  ["a tensor of 2^62 rows", changed(typePlace("q8_0") - 8, ...far), /tensor q8_0 ends at byte/],
  ["rows that blocks cannot fill", changed(typePlace("q8_0") - 16, 31), /tensor q8_0 has rows of \d+, which q8_0 cannot store/],
  ["a tensor twice", changed(typePlace("q4_1") - 21, 0x30), /two tensors are called q4_0/],
  ["five dimensions", changed(typePlace("q8_0") - 20, 5), /tensor q8_0 has 5 dimensions/],
])("refuses a file that is damaged: %s", async (_, damaged, message) => {
  await expect(openGguf(memorySource(damaged, "types.gguf"))).rejects.toThrow(CheckpointError);
  await expect(openGguf(memorySource(damaged, "types.gguf"))).rejects.toThrow(message);
});

test("a header that claims much makes no room for it", async () => {
  const header = new DataView(new ArrayBuffer(64));
  [0x47, 0x47, 0x55, 0x46, 3].forEach((byte, i) => header.setUint8(i, byte));
  header.setBigUint64(16, 1n, true); // one entry of metadata, with the key "k"
  header.setBigUint64(24, 1n, true);
  header.setUint8(32, 0x6b);
  header.setUint32(33, 9, true); // an array of texts
  header.setUint32(37, 8, true);
  header.setBigUint64(41, 10n ** 9n, true);
  const small = new Uint8Array(header.buffer);
  await expect(openGguf(memorySource(small, "claims"))).rejects.toThrow(/metadata k is an array of 1000000000, more than the rest of the file can hold/);
  // The same in a file that would be large enough: nothing but what is read may be kept.
  let wanted = 0;
  const sparse = {
    name: "sparse",
    size: 2 ** 40,
    async read(start: number, end: number) {
      wanted = Math.max(wanted, end - start);
      const part = new Uint8Array(end - start);
      if (start < 64) part.set(small.subarray(start, end));
      return part;
    },
  };
  await expect(openGguf(sparse)).rejects.toThrow(/header would be longer than 100000000 bytes/);
  expect(wanted).toBeLessThanOrEqual(2 ** 20);
});

test("a vocabulary of megabytes is read whole, across all the parts that it is read in", async () => {
  const texts = Array.from({ length: 120_000 }, (_, i) => `${"x".repeat(i % 23)}${i}漢`);
  const parts = texts.flatMap((each) => {
    const encoded = Buffer.from(each);
    return [Buffer.from(BigUint64Array.of(BigInt(encoded.length)).buffer), encoded];
  });
  const counts = Buffer.from(BigUint64Array.of(0n, 1n, 1n).buffer);
  const head = [Buffer.from("GGUF"), Buffer.from(Uint32Array.of(3).buffer), counts, Buffer.from("k"), Buffer.from(Uint32Array.of(9, 8).buffer)];
  const whole = new Uint8Array(Buffer.concat([...head, Buffer.from(BigUint64Array.of(BigInt(texts.length)).buffer), ...parts]));
  expect(whole.length).toBeGreaterThan(3 * 2 ** 20);
  expect((await openGguf(memorySource(whole, "vocabulary"))).metadata).toEqual({ k: texts });
});

test("whatever is damaged: read or refused, never anything else", async () => {
  expect(await openDamaged(bytes, headerBytes, openGguf, 1000)).toBeGreaterThan(100);
  expect(await sameOrRefused(bytes, headerBytes, openGguf, 1000)).toBeGreaterThan(100);
});
