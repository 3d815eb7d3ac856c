import { afterAll, describe, expect, test } from "vitest";
import { add, cast, input, matmul, multiply, parameter, softmax, toOnnx } from "../graph/graph.ts";
import { type HostTensor, type Runtime, createRuntime, sharedTensor } from "./runtime.ts";

const f32 = (shape: number[], values: ArrayLike<number>): HostTensor => ({ dtype: "float32", shape, data: Float32Array.from(values) });
const weight = parameter("layer.weight", [4, 3], { kind: "normal", standardDeviation: 1 });
const graph = toOnnx({ outputs: { scores: softmax(matmul(input("x", "float32", ["batch", 4]), weight)), sum: add(input("a", "float32", ["batch", "past+tokens"]), 1) } });
console.log(graph.inputs);
describe.each([{ worker: false }, { worker: true }])("worker: $worker", ({ worker }) => {
  test("t", async () => {
    const runtime = await createRuntime({ device: "cpu", worker, threads: 1 });
    const w = f32([4, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const s = await runtime.compile(graph, new Map([["layer.weight", w]]));
    console.log(await s.run({ x: f32([2, 4], [1, 0, 0, 0, 0, 1, 0, 0]), a: f32([2, 1], [1, 2]) }));
    await runtime.dispose();
  });
});
