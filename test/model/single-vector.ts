/** What a vector's product with a matrix in blocks has to do with the vectors that are multiplied beside it. */
import { blockTensors } from "../../src/checkpoint/block-tensors.ts";
import { blockProduct, input } from "../../src/graph/graph.ts";
import { type BlockFormat, formatsOf, Scope } from "../../src/nn/scope.ts";
import { compile, floats, random, randomBlocks } from "./support.ts";

export interface Products {
  /** Each by itself. */
  readonly alone: readonly number[];
  readonly inPairs: readonly number[];
  readonly together: readonly number[];
}

/** The products of six vectors with one matrix of this format, made in three ways. */
export async function products(format: BlockFormat): Promise<Products> {
  const [rows, columns, count] = [64, 256, 6];
  const stored = blockTensors("weight", randomBlocks(format, rows, columns));
  const matrix = new Scope(formatsOf(new Map(stored))).matrix("weight", [rows, columns], { kind: "constant", value: 0 });
  if (!("bits" in matrix)) throw new Error("the matrix is not in blocks");
  const run = await compile({ product: blockProduct(input("x", "float32", ["count", columns]), matrix) });
  const vectors = random([count, columns], 4).data as Float32Array;
  const inGroupsOf = async (size: number): Promise<number[]> => {
    const found: number[] = [];
    for (let first = 0; first < count; first += size) {
      const x = floats([size, columns], vectors.subarray(first * columns, (first + size) * columns));
      found.push(...(await run({ ...Object.fromEntries(stored), x }))["product"]!);
    }
    return found;
  };
  return { alone: await inGroupsOf(1), inPairs: await inGroupsOf(2), together: await inGroupsOf(count) };
}

/**
 * Whether a vector's product is to the last bit the same alone and in company. On x86-64 without AVX-512 it is not with 4 bits in blocks of 32 or more: ONNX Runtime has a kernel for a single vector there, which adds up in another order.
 */
export async function singleVectorAlike(format: BlockFormat): Promise<boolean> {
  const { alone, together } = await products(format);
  return alone.every((value, i) => value === together[i]);
}
