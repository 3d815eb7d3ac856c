/** The same weights in other formats. */
import { blockKindOf, blockKinds, storedParts, type Weight } from "../nn/scope.ts";
import { type HostTensor, holdsNoNumbers } from "../runtime/runtime.ts";
import { blockTensors, dequantised } from "./block-tensors.ts";
import { channelTensors, fromChannels } from "./channels.ts";
import { CheckpointError } from "./errors.ts";
import { quantise } from "./quantise.ts";
import type { QuantisedBlocks } from "./weight-file.ts";

/**
 * Weights as a network declares them: floats become codes, codes become floats, and what has the right format stays what it is.
 * @param declared - the network's weights
 * @param source - the weights that there are, in any format
 * @returns one tensor after the other, so that the caller may write and forget them
 * @throws CheckpointError when a weight holds NaN or Infinity, of which codes would make something else
 */
export function* convertWeights(declared: ReadonlyMap<string, Weight>, source: ReadonlyMap<string, HostTensor>): Generator<readonly [string, HostTensor]> {
  for (const [path, weight] of declared) {
    const parts = storedParts(path, weight);
    if (parts.every((part) => isThere(part, source)) && parts.some(([name]) => name === `${path}.offsets`) === source.has(`${path}.offsets`))
      for (const [name] of parts) yield [name, source.get(name)!];
    else if (!("codes" in weight)) yield [path, floatsAt(path, source)];
    else {
      const values = floatsAt(path, source).data as Float32Array;
      yield* "bits" in weight ? blockTensors(path, quantise(values, weight.shape, weight)) : channelTensors(path, values, weight.shape);
    }
  }
}

function isThere([name, { shape }]: ReturnType<typeof storedParts>[number], source: ReadonlyMap<string, HostTensor>): boolean {
  return source.get(name)?.shape.join() === shape.join();
}

function floatsAt(path: string, source: ReadonlyMap<string, HostTensor>): HostTensor {
  const codes = source.get(`${path}.codes`);
  if (codes?.shape.length === 2) return fromChannels(codes, source.get(`${path}.scales`)!);
  const blocks = blocksAt(path, source);
  const tensor = blocks === undefined ? source.get(path) : floatTensor(blocks);
  if (tensor === undefined) throw new Error(`there is no weight ${path} to convert`);
  if (holdsNoNumbers(tensor))
    throw new CheckpointError(`the weight ${path} holds values that are no numbers (NaN or Infinity); its file is damaged: fetch or train it again`);
  return tensor;
}

function floatTensor(blocks: QuantisedBlocks): HostTensor {
  return { dtype: "float32", shape: [blocks.rows, blocks.columns], data: dequantised(blocks) };
}

/** The blocks of a weight, if that is what it is stored as. */
function blocksAt(path: string, source: ReadonlyMap<string, HostTensor>): QuantisedBlocks | undefined {
  const codes = source.get(`${path}.codes`);
  if (codes === undefined) return undefined;
  const scales = source.get(`${path}.scales`)!;
  const offsets = source.get(`${path}.offsets`)?.data as Float32Array | undefined;
  const kind = blockKinds[blockKindOf(codes.shape)];
  const rows = codes.shape[0]!;
  return {
    ...kind,
    rows,
    columns: kind.blockSize * codes.shape[1]!,
    codes: codes.data as Uint8Array,
    scales: scales.data as Float32Array,
    ...(offsets === undefined ? {} : { offsets }),
  };
}
