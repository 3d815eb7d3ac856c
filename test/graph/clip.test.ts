import { afterAll, beforeAll, expect, test } from "vitest";
import { clip, gradients, input, multiply, sum, toOnnx } from "../../src/graph/graph.ts";
import { createRuntime, type Runtime } from "../../src/runtime/runtime.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ device: "cpu", worker: false, threads: 1 });
});
afterAll(() => runtime.dispose());

test("clip keeps values within its limits, and its derivative agrees with finite differences", async () => {
  const x = input("x", "float32", ["n"]);
  const y = clip(x, -1, 6);
  const loss = sum(multiply(y, y), 0);
  const session = await runtime.compile(toOnnx({ outputs: { y, loss, dx: gradients(loss, [x])[0]! } }), new Map());
  const run = (values: number[]) => session.run({ x: { dtype: "float32", shape: [values.length], data: Float32Array.from(values) } });
  const values = [-3, -0.9, 0, 0.5, 5.5, 6.5, 40];
  const { y: clipped, dx } = await run(values);
  expect([...clipped!.data].map(Number)).toEqual(values.map((value) => Math.fround(Math.min(6, Math.max(-1, value)))));
  for (let i = 0; i < values.length; i++) {
    const at = async (step: number): Promise<number> => Number((await run(values.map((value, j) => (i === j ? value + step : value)))).loss!.data[0]);
    expect(Number(dx!.data[i])).toBeCloseTo(((await at(0.02)) - (await at(-0.02))) / 0.04, 1);
  }
});

test("whole numbers are refused", () => {
  const node = clip(input("x", "int64", ["n"]), 0, 6);
  expect(() => toOnnx({ outputs: { node } })).toThrow("only floating types can be clipped");
});
