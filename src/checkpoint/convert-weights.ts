/** The same weights in other formats. */
import type { BlockMatrix } from "../graph/graph.ts";
import { blocksOf, middleOf, storedParts, type Weight } from "../nn/scope.ts";
import { type HostTensor, holdsNoNumbers } from "../runtime/runtime.ts";
import { blockTensors, dequantised } from "./block-tensors.ts";
import { channelTensors, fromChannels } from "./channels.ts";
import { CheckpointError } from "./errors.ts";
import { float32ToFloat16 } from "./half.ts";
import { quantise } from "./quantise.ts";
import type { PerBlock, QuantisedBlocks } from "./weight-file.ts";

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
    if (parts.every((part) => isThere(part, source)) && (!("bits" in weight) || parts.length === storedAt(path, source))) {
      for (const [name] of parts) yield [name, source.get(name)!];
      continue;
    }
    const blocks = "bits" in weight ? blocksAt(path, weight, source) : undefined;
    // The same blocks, with scales as they are stored now: nothing is rounded twice.
    if (blocks !== undefined && isAs(blocks, weight as BlockMatrix)) yield* blockTensors(path, withHalves(blocks));
    else if (!("codes" in weight)) yield [path, floatsAt(path, weight, source)];
    else {
      const values = floatsAt(path, weight, source).data as Float32Array;
      yield* "bits" in weight ? blockTensors(path, quantise(values, weight.shape, weight)) : channelTensors(path, values, weight.shape);
    }
  }
}

function isThere([name, { dtype, shape }]: ReturnType<typeof storedParts>[number], source: ReadonlyMap<string, HostTensor>): boolean {
  const found = source.get(name);
  return found?.dtype === dtype && found.shape.join() === shape.join();
}

/** How many tensors a matrix in blocks is. */
function storedAt(path: string, source: ReadonlyMap<string, HostTensor>): number {
  return ["codes", "scales", "offsets", "minimums"].filter((name) => source.has(`${path}.${name}`)).length;
}

function isAs(blocks: QuantisedBlocks, { bits, blockSize, offsets }: BlockMatrix): boolean {
  return blocks.bits === bits && blocks.blockSize === blockSize && (blocks.minimums === undefined) === (offsets === undefined);
}

function floatsAt(path: string, weight: Weight, source: ReadonlyMap<string, HostTensor>): HostTensor {
  const codes = source.get(`${path}.codes`);
  if (codes?.shape.length === 2) return fromChannels(codes, source.get(`${path}.scales`)!);
  const blocks = blocksAt(path, weight, source);
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
function blocksAt(path: string, { shape }: Weight, source: ReadonlyMap<string, HostTensor>): QuantisedBlocks | undefined {
  const codes = source.get(`${path}.codes`);
  if (codes === undefined) return undefined;
  const [rows, columns] = shape as readonly [number, number];
  const kind = blocksOf(codes.shape, columns)!;
  const [scales, minimums, offsets] = ["scales", "minimums", "offsets"].map((name) => source.get(`${path}.${name}`)?.data as PerBlock | undefined);
  const least = minimums ?? (offsets as Float32Array | undefined)?.map((offset, i) => offset - middleOf(kind.bits) * scales![i]!);
  return { ...kind, rows, columns, codes: codes.data as Uint8Array, scales: scales!, ...(least && { minimums: least }) };
}

/**
 * With scales and minimums in 16 bits, as model folders keep them. Those in float32 are of GGUF's superblocks and other programs, or of older folders, which hold float16 numbers. Rounding them moves a value by at most
 * 1/256 of a step of 4 bits, and of a step of 8 bits by 1/16: beside the half step that the codes lose, that is little.
 */
function withHalves({ scales, minimums, ...blocks }: QuantisedBlocks): QuantisedBlocks {
  const halves = (data: PerBlock): Uint16Array => (data instanceof Float32Array ? float32ToFloat16(data) : data);
  return { ...blocks, scales: halves(scales), ...(minimums && { minimums: halves(minimums) }) };
}
