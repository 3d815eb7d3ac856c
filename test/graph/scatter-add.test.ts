import { afterAll, expect, test } from "vitest";
import { input, scatterAdd, toOnnx } from "../../src/graph/graph.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";

const runtime = await createRuntime({ device: "cpu", worker: false, threads: 2 });
afterAll(() => runtime.dispose());

// ONNX Runtime's ScatterND lost sums here, with two threads nine times out of ten.
test("rows that are added to the same place in several threads are all there", async () => {
  const [entries, width, count, distinct] = [512, 256, 2048, 60];
  const sums = scatterAdd([entries, width], input("indices", "int64", ["count"]), input("rows", "float32", ["count", width]));
  const session = await runtime.compile(toOnnx({ outputs: { sums } }), new Map());
  const indices = Array.from({ length: count }, (_, i) => (7 * i) % distinct);
  const expected = new Float32Array(entries * width);
  indices.forEach((row) => {
    for (let channel = 0; channel < width; channel++) expected[row * width + channel]! += 1;
  });
  for (let round = 0; round < 5; round++) {
    const found = await session.run({
      indices: { dtype: "int64", shape: [count], data: BigInt64Array.from(indices, BigInt) },
      rows: { dtype: "float32", shape: [count, width], data: new Float32Array(count * width).fill(1) },
    });
    expect(found["sums"]!.data).toEqual(expected);
  }
});
