import { input, matmul, parameter, toOnnx } from "../src/graph/graph.ts";
import { zeros } from "../src/nn/initialisers.ts";
import type { Runtime } from "../src/runtime/runtime.ts";
import { noise } from "./random-model.ts";

/** Reads about that many bytes of weights once, as fast as the engine does it: a product of one row. */
export async function memoryReader(runtime: Runtime, wanted: number): Promise<{ bytes: number; run: () => Promise<unknown> }> {
  const columns = 4096;
  const rows = Math.round(wanted / 4 / columns);
  const weight = { dtype: "float32", shape: [rows, columns], data: new Float32Array(rows * columns).fill(0.5) } as const;
  const result = matmul(input("x", "float32", [1, columns]), parameter("weight", [rows, columns], zeros), { transposeB: true });
  const session = await runtime.compile(toOnnx({ outputs: { result } }), new Map([["weight", weight]]));
  const x = noise([1, columns]);
  return { bytes: weight.data.byteLength, run: () => session.run({ x }) };
}
