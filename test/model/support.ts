import { float32ToFloat16 } from "../../src/checkpoint/half.ts";
import type { QuantisedBlocks } from "../../src/checkpoint/weight-file.ts";
import { parameterAttributes, type Tensor, toOnnx } from "../../src/graph/graph.ts";
import { initialValues } from "../../src/nn/initialisers.ts";
import type { BlockFormat } from "../../src/nn/scope.ts";
import { createRuntime, type HostTensor } from "../../src/runtime/runtime.ts";

export type Value = HostTensor;
export type Values = Readonly<Record<string, Value>>;

export function floats(shape: readonly number[], data: ArrayLike<number>): Value {
  return { dtype: "float32", shape, data: Float32Array.from(data) };
}

export function integers(shape: readonly number[], data: readonly number[]): Value {
  return { dtype: "int64", shape, data: BigInt64Array.from(data, BigInt) };
}

/** Reproducible numbers between -1 and 1 (mulberry32). */
export function noise(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  });
}

export function random(shape: readonly number[], seed: number): Value {
  return floats(
    shape,
    noise(
      shape.reduce((a, b) => a * b, 1),
      seed,
    ),
  );
}

/** Such numbers as bytes. */
export function bytes(shape: readonly number[], seed: number): Value {
  const { data } = random(shape, seed);
  return { dtype: "uint8", shape, data: Uint8Array.from(data as Float32Array, (value) => 127.5 * (value + 1)) };
}

/** A matrix of random codes, with minimums where the format has offsets. */
export function randomBlocks({ bits, blockSize, offsets }: BlockFormat, rows: number, columns: number): QuantisedBlocks {
  const perBlock = (seed: number, scale: number): Uint16Array => float32ToFloat16(noise((rows * columns) / blockSize, seed).map((value) => scale * value));
  const codes = Uint8Array.from(noise((rows * columns * bits) / 8, bits), (value) => 128 + 127 * value);
  return { bits, blockSize, rows, columns, codes, scales: perBlock(2, bits === 4 ? 0.1 : 0.006), ...(offsets ? { minimums: perBlock(3, 0.5) } : {}) };
}

/** Starting values of all parameters; `change` may give others. */
export function weightsOf(
  parameters: Iterable<Tensor>,
  change: (path: string, values: Float32Array) => Float32Array = (_, values) => values,
): Record<string, Value> {
  return Object.fromEntries(
    [...parameters].map((tensor) => {
      const { path, shape } = parameterAttributes(tensor);
      return [path, floats(shape, change(path, initialValues(tensor, 7)))];
    }),
  );
}

const runtime = createRuntime({ device: "cpu", threads: 1, worker: false });

/** Runs the graph that computes `outputs`; every input and weight is fed by name, and what the graph does not read is left out. */
export async function compile(outputs: Readonly<Record<string, Tensor>>): Promise<(values: Values) => Promise<Record<string, Float32Array>>> {
  const session = await (await runtime).compile(toOnnx({ outputs, parameterIsInput: () => true }), new Map());
  return async (values) => {
    const feeds = session.inputs.map(({ name }) => {
      const value = values[name];
      if (value === undefined) throw new Error(`the test feeds nothing for "${name}"`);
      return [name, value] as const;
    });
    const results = await session.run(Object.fromEntries(feeds));
    return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]));
  };
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} numbers cannot equal ${b.length}`);
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}
