import { type FlamingoConfigInput, parseFlamingoConfig } from "../src/model/config.ts";
import { Flamingo } from "../src/model/flamingo.ts";
import { initialValues } from "../src/nn/initialisers.ts";
import { type HostTensor, shared } from "../src/runtime/runtime.ts";

/** A model with random weights: speed does not depend on their values. */
export function randomModel(config: FlamingoConfigInput): { network: Flamingo; weights: ReadonlyMap<string, HostTensor> } {
  const network = new Flamingo(parseFlamingoConfig(config));
  const weights = new Map(
    [...network.parameters()].map(([path, tensor]) => [
      path,
      shared({ dtype: "float32", shape: tensor.shape as readonly number[], data: initialValues(tensor, 1) }),
    ]),
  );
  return { network, weights };
}

export function noise(shape: readonly number[]): HostTensor {
  return { dtype: "float32", shape, data: Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => 2 * Math.random() - 1) };
}

export function int64(shape: readonly number[], values: readonly number[]): HostTensor {
  return { dtype: "int64", shape, data: BigInt64Array.from(values, BigInt) };
}
