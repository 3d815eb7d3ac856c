import { afterAll, expect, test } from "vitest";
import { channelTensors, fromChannels } from "../../src/checkpoint/channels.ts";
import { type ChannelMatrix, channelProduct, gradients, input, matmul, multiply, parameter, sum, type Tensor, tanh, toOnnx } from "../../src/graph/graph.ts";
import { formatsOf, Scope } from "../../src/nn/scope.ts";
import { createRuntime, type HostTensor } from "../../src/runtime/runtime.ts";
import { floats, largestDifference, noise, random } from "../model/support.ts";

const runtime = await createRuntime({ device: "cpu", threads: 1, worker: false });
afterAll(() => runtime.dispose());

// Neither is a multiple of 32: channels need no blocks.
const [rows, columns] = [24, 70];
const codes = new Map(channelTensors("weight", noise(rows * columns, 1), [rows, columns]));
const stored = new Map<string, HostTensor>([...codes, ["float", fromChannels(codes.get("weight.codes")!, codes.get("weight.scales")!)]]);
const matrix = ((weight): ChannelMatrix => {
  if (!("codes" in weight) || "bits" in weight) throw new Error("the matrix has no scale for each channel");
  return weight;
})(new Scope(formatsOf(stored)).matrix("weight", [rows, columns], { kind: "constant", value: 0 }));
const float = parameter("float", [rows, columns], { kind: "constant", value: 0 });
const x = input("x", "float32", ["count", columns]);

async function products(values: HostTensor): Promise<{ product: Float32Array; exact: Float32Array }> {
  const session = await runtime.compile(toOnnx({ outputs: { product: channelProduct(x, matrix), exact: matmul(x, float, { transposeB: true }) } }), stored);
  const { product, exact } = await session.run({ x: values });
  return { product: product!.data as Float32Array, exact: exact!.data as Float32Array };
}

test("codes stay within half a step of the values", () => {
  const values = noise(rows * columns, 1);
  const found = stored.get("float")!.data as Float32Array;
  const scales = codes.get("weight.scales")!.data as Float32Array;
  values.forEach((value, i) => expect(Math.abs(found[i]! - value)).toBeLessThan(0.501 * scales[Math.floor(i / columns)]!));
  const largest = Math.max(...Array.from(codes.get("weight.codes")!.data as Int8Array, Math.abs));
  expect(largest).toBe(63);
});

test("multiplies as the float32 matrix does, but for the rounding of x", async () => {
  const { product, exact } = await products(random([5, columns], 5));
  expect(largestDifference(product, exact) / Math.max(...exact.map(Math.abs))).toBeLessThan(0.01);
  expect(product).not.toEqual(exact);
});

test("each vector is rounded by itself: what else is computed beside it changes nothing, and zeros stay zeros", async () => {
  const values = random([4, columns], 5);
  const data = values.data as Float32Array;
  data.fill(0, 0, columns);
  for (let i = columns; i < 2 * columns; i++) data[i]! *= 1e6;
  const { product } = await products(values);
  expect(product.subarray(0, rows)).toEqual(new Float32Array(rows));
  const alone = await products(floats([1, columns], data.slice(3 * columns)));
  expect(product.subarray(3 * rows)).toEqual(alone.product);
});

test("sums of the largest codes are not cut off", async () => {
  const ones = new Map(channelTensors("weight", new Float32Array(rows * columns).fill(1), [rows, columns]));
  const session = await runtime.compile(toOnnx({ outputs: { product: channelProduct(x, matrix) } }), ones);
  const { product } = await session.run({ x: floats([1, columns], new Float32Array(columns).fill(1)) });
  expect(largestDifference(product!.data as Float32Array, new Float32Array(rows).fill(columns))).toBeLessThan(1e-3);
});

test("has the float32 matrix's derivative", async () => {
  const direction = input("direction", "float32", ["count", rows]);
  const slope = (product: Tensor): Tensor => gradients(sum(multiply(product, direction), [0, 1]), [x])[0]!;
  const outputs = { dx: slope(channelProduct(x, matrix)), exact: slope(matmul(x, float, { transposeB: true })) };
  const session = await runtime.compile(toOnnx({ outputs }), stored);
  const { dx, exact } = await session.run({ direction: random([3, rows], 6) });
  expect(largestDifference(dx!.data as Float32Array, exact!.data as Float32Array)).toBeLessThan(1e-5);
});

test("no float32 copy of the matrix is made ahead and kept: every step makes it anew", async () => {
  const profiled = await createRuntime({ device: "cpu", threads: 1, worker: false, profile: true });
  const dx = gradients(sum(tanh(channelProduct(x, matrix)), [0, 1]), [x])[0]!;
  const session = await profiled.compile(toOnnx({ outputs: { dx } }), stored);
  for (let step = 0; step < 3; step++) await session.run({ x: random([2, columns], step) });
  expect((await session.profile()).find(({ operator }) => operator === "Cast")?.calls).toBe(3);
  await profiled.dispose();
});

test("shapes that do not fit are named", () => {
  expect(() => channelProduct(input("x", "float32", ["count", 32]), matrix)).toThrow(/weight\.codes \[70, 24\].*the inner sizes differ: 32 and 70/);
  expect(() => channelProduct(input("x", "float32", ["batch", "tokens", columns]), matrix)).toThrow(/must be float32 \[count, columns\]/);
  expect(() => channelProduct(x, { ...matrix, scales: float })).toThrow(/the scales must be float32 \[24\]/);
  expect(() => channelProduct(x, { ...matrix, codes: float })).toThrow(/codes must be int8 \[columns, rows\]/);
});
