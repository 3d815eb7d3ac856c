import { blockTensors } from "../../src/checkpoint/block-tensors.ts";
import type { QuantisedBlocks } from "../../src/checkpoint/weight-file.ts";
import { blockProduct as blockProductOf, input, toOnnx } from "../../src/graph/graph.ts";
import { formatsOf, Scope } from "../../src/nn/scope.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";

const runtime = createRuntime({ device: "cpu", threads: 1, worker: false });

/**
 * `left [count, columns]` times the blocks' matrix, turned around, as the graphs compute it with the blocks as they are.
 * @returns `[count, rows]`
 */
export async function blockProduct(blocks: QuantisedBlocks, left: Float32Array): Promise<Float32Array> {
  const { rows, columns } = blocks;
  const stored = new Map(blockTensors("weight", blocks));
  const matrix = new Scope(formatsOf(stored)).matrix("weight", [rows, columns], { kind: "constant", value: 0 });
  if (!("bits" in matrix)) throw new Error(`${columns} columns are no whole blocks`);
  const product = blockProductOf(input("left", "float32", ["count", columns]), matrix);
  const session = await (await runtime).compile(toOnnx({ outputs: { product } }), stored);
  const results = await session.run({ left: { dtype: "float32", shape: [left.length / columns, columns], data: left } });
  await session.dispose();
  return results["product"]!.data as Float32Array;
}
