import { fromBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { add, gelu, input, layerNorm, matmul, multiply, parameter, reshape, rmsNorm, split, type Tensor, toOnnx } from "../../src/graph/graph.ts";
import { ModelProtoSchema } from "../../src/graph/onnx-schema/onnx_pb.js";
import { linear } from "../../src/nn/linear.ts";
import { compile, largestDifference, random, type Values } from "../model/support.ts";

const weight = (path: string, shape: readonly number[]): Tensor => parameter(path, shape, { kind: "constant", value: 0 });

/** How often each ONNX operator stands in the graph. */
function operators(outputs: Readonly<Record<string, Tensor>>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { opType } of fromBinary(ModelProtoSchema, toOnnx({ outputs }).bytes).graph!.node) counts[opType] = (counts[opType] ?? 0) + 1;
  return counts;
}

const x = input("x", "float32", ["batch", "tokens", 6]);
const scale = weight("scale", [6]);
const [up, upBias] = [weight("up", [8, 6]), weight("upBias", [8])];
const [down, downBias] = [weight("down", [6, 8]), weight("downBias", [6])];
const values: Values = Object.fromEntries(
  Object.entries({ x: [2, 3, 6], scale: [6], up: [8, 6], upBias: [8], down: [6, 8], downBias: [6] }).map(([name, shape], i) => [name, random(shape, i + 1)]),
);

async function same(a: Tensor, b: Tensor): Promise<void> {
  const found = await (await compile({ a, b }))(values);
  expect(Math.max(...found["a"]!.map(Math.abs))).toBeGreaterThan(0.1);
  expect(largestDifference(found["a"]!, found["b"]!)).toBeLessThan(1e-6);
}

/** What `simplify` can neither move reshapes around nor take into a product: the operand has three axes. */
const everywhere = (row: Tensor): Tensor => reshape(row, [1, 1, row.shape[0]!]);

test("a stack of layers is reshaped at its ends alone, and biases and the residual stream go into the products", async () => {
  const block = (stream: Tensor): Tensor => add(linear(gelu(linear(rmsNorm(stream, scale, 1e-5), up, upBias)), down), stream);
  const counts = operators({ y: block(block(x)) });
  expect(counts).toMatchObject({ Gemm: 4, Gelu: 2, SimplifiedLayerNormalization: 2, Reshape: 3 });
  expect(counts["Add"]).toBeUndefined();

  const apart = (stream: Tensor): Tensor => {
    const hidden = gelu(add(matmul(rmsNorm(stream, scale, 1e-5), up, { transposeB: true }), everywhere(upBias)));
    return add(add(matmul(hidden, down, { transposeB: true }), everywhere(multiply(0, downBias))), stream);
  };
  await same(block(block(x)), apart(apart(x)));
});

test("every result of a norm keeps its own shape", async () => {
  const flat = input("flat", "float32", ["rows", 6]);
  const y = layerNorm(reshape(flat, ["rows", 1, 6]), scale, undefined, 1e-5);
  const [, average] = y.node.outputs;
  const run = await compile({ y, average: average! });
  const found = await run({ flat: random([4, 6], 1), scale: random([6], 2) });
  expect(found["average"]).toHaveLength(4);
  expect(operators({ y, average: average! })["Reshape"]).toBe(2);
});

test("a product that something else reads too is kept", async () => {
  const product = matmul(reshape(x, ["batch*tokens", 6]), up, { transposeB: true });
  const counts = operators({ sum: add(product, upBias), twice: multiply(product, product) });
  expect(counts).toMatchObject({ Gemm: 1, Add: 1, Mul: 1 });
  expect(operators({ twice: add(product, product) })).toMatchObject({ Gemm: 1, Add: 1 });
  expect(operators({ sum: add(product, upBias), product })).toMatchObject({ Gemm: 1, Add: 1 });
});

test("a sum that is wider than the product is no part of it", () => {
  const product = matmul(input("row", "float32", [1, 6]), up, { transposeB: true });
  expect(operators({ y: add(product, input("rows", "float32", ["rows", 8])) })).toMatchObject({ Gemm: 1, Add: 1 });
});

test("parts of an axis are cut by one operator", () => {
  expect(operators(Object.fromEntries(split(x, 2, [1, 2, 3]).map((part, i) => [`part${i}`, part])))).toEqual({ Split: 1 });
});

test("an output is computed under its own name, and two names of one tensor are both there", async () => {
  const y = gelu(x);
  expect(operators({ y })).toEqual({ Gelu: 1 });
  const found = await (await compile({ y, same: y, itself: x }))(values);
  expect(found["same"]).toEqual(found["y"]);
  expect([...found["itself"]!]).toEqual([...values["x"]!.data].map(Number));
});
