import { afterAll, expect, test } from "vitest";
import { convertWeights } from "../../src/checkpoint/convert-weights.ts";
import { narrowed } from "../../src/checkpoint/widen.ts";
import { input, type Tensor, toOnnx, topologicalOrder } from "../../src/graph/graph.ts";
import { forwardAll, Linear } from "../../src/nn/linear.ts";
import { formatsOf, Scope, type WeightFormat } from "../../src/nn/scope.ts";
import { createRuntime, type HostTensor } from "../../src/runtime/runtime.ts";
import { largestDifference, random, weightsOf } from "../model/support.ts";

const runtime = await createRuntime({ device: "cpu", threads: 1, worker: false });
afterAll(() => runtime.dispose());

const products = (outputs: readonly Tensor[]): number => topologicalOrder(outputs).filter(({ operator }) => operator.name === "blockProduct").length;

/** Layers of 64 inputs, with weights that are stored so. */
function layersOf(outputs: readonly number[], format: WeightFormat | undefined, bias = false): { layers: Linear[]; weights: Map<string, HostTensor> } {
  const build = (scope: Scope): Linear[] => outputs.map((count, i) => new Linear(scope.child(`layer${i}`), { inputs: 64, outputs: count, bias }));
  const floats = new Scope();
  build(floats);
  const initial = new Map(Object.entries(weightsOf(floats.parameters().values())));
  const converted = new Scope(() => format);
  build(converted);
  const weights = new Map(convertWeights(converted.weights(), initial));
  for (const [path, scales] of weights) {
    // As in files that have minimums: a conversion makes none.
    if (!path.endsWith(".scales") || typeof format !== "object" || !format.offsets) continue;
    weights.set(path.replace(".scales", ".minimums"), narrowed(random(scales.shape, 9)) as HostTensor);
  }
  return { layers: build(new Scope(formatsOf(weights))), weights };
}

test.each([
  ["blocks of 4 bits", { bits: 4, blockSize: 32, offsets: false }, 1],
  ["blocks of 4 bits with offsets", { bits: 4, blockSize: 32, offsets: true }, 1],
  ["blocks of 8 bits", { bits: 8, blockSize: 32, offsets: false }, 1],
  ["channels", "channels", 0],
  ["floats", undefined, 0],
] as const)("layers of one input give what each gives by itself: %s", async (_, format, joined) => {
  const { layers, weights } = layersOf([24, 8, 16], format);
  const x = input("x", "float32", ["batch", "tokens", 64]);
  const together = forwardAll(x, layers);
  expect(products(together)).toBe(joined);
  const outputs = Object.fromEntries(layers.flatMap((layer, i) => [[`one${i}`, layer.forward(x)] as const, [`all${i}`, together[i]!] as const]));
  const found = await (await runtime.compile(toOnnx({ outputs }), weights)).run({ x: random([2, 3, 64], 4) });
  for (const [i, count] of [24, 8, 16].entries()) {
    expect(found[`all${i}`]!.shape).toEqual([2, 3, count]);
    expect(largestDifference(found[`all${i}`]!.data as Float32Array, found[`one${i}`]!.data as Float32Array)).toBeLessThan(1e-5);
  }
});

test("large matrices stay what they are, and so do those that differ or have a bias", () => {
  const x = input("x", "float32", ["tokens", 64]);
  const format = { bits: 4, blockSize: 32, offsets: false } as const;
  const scope = new Scope(() => format);
  const large = [0, 1].map((i) => new Linear(scope.child(`large${i}`), { inputs: 64, outputs: 40_000, bias: false }));
  expect(products(forwardAll(x, large))).toBe(2);
  const other = new Linear(new Scope(() => ({ ...format, bits: 8 })).child("other"), { inputs: 64, outputs: 8, bias: false });
  const plain = new Linear(scope.child("plain"), { inputs: 64, outputs: 8, bias: false });
  expect(products(forwardAll(x, [plain, other]))).toBe(2);
  const biased = new Linear(scope.child("biased"), { inputs: 64, outputs: 8 });
  expect(products(forwardAll(x, [plain, biased]))).toBe(2);
});
