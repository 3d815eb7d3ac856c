import { afterAll, describe, expect, test } from "vitest";
import { blockTensors, dequantised } from "../../src/checkpoint/block-tensors.ts";
import { blockProduct, blockRows, gather, gradients, input, matmul, multiply, parameter, sum, type Tensor, tanh, toOnnx } from "../../src/graph/graph.ts";
import { formatsOf, Scope } from "../../src/nn/scope.ts";
import { createRuntime, type HostTensor } from "../../src/runtime/runtime.ts";
import { products } from "../model/single-vector.ts";
import { floats, integers, largestDifference, random, randomBlocks } from "../model/support.ts";

const runtime = await createRuntime({ device: "cpu", threads: 1, worker: false, profile: true });
afterAll(() => runtime.dispose());

const [rows, columns] = [24, 256];

const kinds = [
  [4, 32, false],
  [4, 32, true],
  [4, 128, false],
  [4, 128, true],
  [8, 32, false],
  [8, 32, true],
] as const;

describe.each(kinds)("a matrix of %i bits in blocks of %i, minimums %s", (bits, blockSize, minimums) => {
  const blocks = randomBlocks({ bits, blockSize, offsets: minimums }, rows, columns);
  const stored = new Map<string, HostTensor>([...blockTensors("weight", blocks), ["float", floats([rows, columns], dequantised(blocks))]]);
  const matrix = new Scope(formatsOf(stored)).matrix("weight", [rows, columns], { kind: "constant", value: 0 });
  if (!("bits" in matrix)) throw new Error("the matrix is not in blocks");
  expect(matrix).toMatchObject({ bits, blockSize });
  const float = parameter("float", [rows, columns], { kind: "constant", value: 0 });
  const x = input("x", "float32", ["count", columns]);
  const direction = input("direction", "float32", ["count", rows]);
  const along = (y: Tensor): Tensor => sum(multiply(y, direction), [0, 1]);
  const feeds = { x: random([3, columns], 5), direction: random([3, rows], 6) };

  test("multiplies and gives rows as the float32 matrix does", async () => {
    const indices = input("indices", "int64", ["batch", "tokens"]);
    const outputs = {
      product: blockProduct(x, matrix),
      floatProduct: matmul(x, float, { transposeB: true }),
      rows: blockRows(matrix, indices),
      floatRows: gather(float, indices),
    };
    const session = await runtime.compile(toOnnx({ outputs }), stored);
    const found = await session.run({ x: feeds.x, indices: integers([2, 3], [0, 23, 7, 7, 1, 22]) });
    const data = (name: string): Float32Array => found[name]!.data as Float32Array;
    const size = Math.max(...data("floatProduct").map(Math.abs));
    // The product turns x to 8 bits on the way; rows are exact.
    expect(largestDifference(data("product"), data("floatProduct")) / size).toBeLessThan(0.01);
    expect(found["rows"]!.shape).toEqual([2, 3, columns]);
    expect(largestDifference(data("rows"), data("floatRows"))).toBeLessThan(1e-6);
  });

  test("has the float32 matrix's derivative, which agrees with finite differences", async () => {
    const loss = along(blockProduct(x, matrix));
    const outputs = { loss, dx: gradients(loss, [x])[0]!, floatDx: gradients(along(matmul(x, float, { transposeB: true })), [x])[0]! };
    const session = await runtime.compile(toOnnx({ outputs }), stored);
    const { dx, floatDx } = await session.run(feeds);
    expect(largestDifference(dx!.data as Float32Array, floatDx!.data as Float32Array)).toBeLessThan(1e-5);
    const step = random([3, columns], 7).data as Float32Array;
    const lossAt = async (factor: number): Promise<number> => {
      const moved = (feeds.x.data as Float32Array).map((value, i) => value + factor * step[i]!);
      return (await session.run({ ...feeds, x: floats([3, columns], moved) }, { outputs: ["loss"] }))["loss"]!.data[0] as number;
    };
    // The product is linear, so the step may be large beside the rounding of x.
    const numeric = ((await lossAt(4)) - (await lossAt(-4))) / 8;
    const analytic = (dx!.data as Float32Array).reduce((total, value, i) => total + value * step[i]!, 0);
    const scale = Math.sqrt((dx!.data as Float32Array).reduce((total, value) => total + value * value, 0));
    expect(Math.abs(numeric - analytic) / scale).toBeLessThan(0.05);
  });
});

test.each([...kinds, [4, 16, false] as const])(
  "a product does not depend on what is multiplied beside it: %i bits in blocks of %i, minimums %s",
  async (bits, blockSize, offsets) => {
    const { alone, inPairs, together } = await products({ bits, blockSize, offsets });
    expect(inPairs).toEqual(together);
    // One by itself may have a kernel of its own, which adds up in another order.
    expect(largestDifference(alone, together) / Math.max(...together.map(Math.abs))).toBeLessThan(1e-6);
  },
);

test("no float32 copy of the matrix is made ahead and kept: every step makes it anew", async () => {
  const stored = new Map<string, HostTensor>(blockTensors("weight", randomBlocks({ bits: 4, blockSize: 32, offsets: false }, rows, columns)));
  const matrix = new Scope(formatsOf(stored)).matrix("weight", [rows, columns], { kind: "constant", value: 0 });
  if (!("bits" in matrix)) throw new Error("the matrix is not in blocks");
  const x = input("x", "float32", ["count", columns]);
  const dx = gradients(sum(tanh(blockProduct(x, matrix)), [0, 1]), [x])[0]!;
  const session = await runtime.compile(toOnnx({ outputs: { dx } }), stored);
  for (let step = 0; step < 3; step++) await session.run({ x: random([2, columns], step) });
  expect((await session.profile()).find(({ operator }) => operator === "BitShift")?.calls).toBe(3);
});

test("shapes that do not fit are named", () => {
  const matrix = new Scope(() => ({ bits: 4, blockSize: 32, offsets: false })).child("head").matrix("weight", [rows, columns], { kind: "constant", value: 0 });
  if (!("bits" in matrix)) throw new Error("the matrix is not in blocks");
  expect(() => blockProduct(input("x", "float32", ["count", 32]), matrix)).toThrow(/head\.weight\.codes \[24, 8, 16\].*the inner sizes differ: 32 and 256/);
  expect(() => blockProduct(input("x", "float32", ["batch", "tokens", columns]), matrix)).toThrow(/must be float32 \[count, columns\]/);
  expect(() => blockProduct(input("x", "float32", ["count", columns]), { ...matrix, bits: 8 })).toThrow(
    /codes of 8 bits in blocks of 32 must be uint8 \[rows, blocks, 32\]/,
  );
  expect(() => blockRows(matrix, input("i", "float32", ["count"]))).toThrow(/indices must be int64 or int32/);
});
