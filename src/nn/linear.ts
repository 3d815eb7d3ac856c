import {
  add,
  type BlockMatrix,
  blockProduct,
  channelProduct,
  concat,
  elementCount,
  type Initialiser,
  matmul,
  reshape,
  split,
  type Tensor,
} from "../graph/graph.ts";
import { scaledNormal, zeros } from "./initialisers.ts";
import type { Scope, Weight } from "./scope.ts";

export interface LinearConfig {
  readonly inputs: number;
  readonly outputs: number;
  /** Default: true. */
  readonly bias?: boolean;
  /** Of the weight. Default: normal with standard deviation `1/√inputs`. */
  readonly initialiser?: Initialiser;
}

/** `y = x·Wᵀ + b` over the last axis. Parameters: `weight` [outputs, inputs], `bias` [outputs]. */
export class Linear {
  readonly weight: Weight;
  readonly bias: Tensor | undefined;

  constructor(scope: Scope, { inputs, outputs, bias = true, initialiser = scaledNormal(inputs) }: LinearConfig) {
    this.weight = scope.matrix("weight", [outputs, inputs], initialiser);
    this.bias = bias ? scope.parameter("bias", [outputs], zeros) : undefined;
  }

  /** @param x - [..., inputs] @returns [..., outputs] */
  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }
}

/**
 * `x·weightᵀ + bias`, for weights that are shared or made elsewhere (a tied output head).
 * @param x - [..., inputs]
 * @param weight - [outputs, inputs]
 * @returns [..., outputs]
 */
export function linear(x: Tensor, weight: Weight | BlockMatrix, bias?: Tensor): Tensor {
  const lead = x.shape.slice(0, -1);
  // All leading axes become one, so that the product is a single Gemm, and the bias joins it before the axes come back.
  const rows = reshape(x, [elementCount(lead), x.shape.at(-1)!]);
  const result = product(rows, weight);
  return reshape(bias === undefined ? result : add(result, bias), [...lead, weight.shape[0]!]);
}

/** Values of matrices that are worth joining: of larger ones the products themselves take nearly all of the time. */
const joinedValues = 4_000_000;

/**
 * `layers.map((layer) => layer.forward(x))`. Small matrices in blocks are multiplied as one, which ONNX Runtime joins when it compiles the graph: with one token after the other that is less to do.
 * @param layers - of equal inputs
 */
export function forwardAll(x: Tensor, layers: readonly Linear[]): readonly Tensor[] {
  const matrix = joined(layers);
  if (matrix === undefined) return layers.map((layer) => layer.forward(x));
  const lead = x.shape.slice(0, -1);
  const outputs = layers.map(({ weight }) => weight.shape[0]!);
  const results = split(product(reshape(x, [elementCount(lead), x.shape.at(-1)!]), matrix), 1, outputs);
  return results.map((result, i) => reshape(result, [...lead, outputs[i]!]));
}

/** What {@link forwardAll} gives, in one tensor along the last axis. undefined: these layers are not multiplied as one. */
export function forwardJoined(x: Tensor, layers: readonly Linear[]): Tensor | undefined {
  const matrix = joined(layers);
  return matrix && linear(x, matrix);
}

function joined(layers: readonly Linear[]): BlockMatrix | undefined {
  const blocks = layers.flatMap(({ weight, bias }) => ("bits" in weight && bias === undefined ? [weight] : []));
  const [first] = blocks;
  if (first === undefined || blocks.length < layers.length) return undefined;
  const { bits, blockSize, offsets } = first;
  const rows = blocks.reduce((sum, { shape }) => sum + shape[0], 0);
  const alike = blocks.every((other) => other.bits === bits && other.blockSize === blockSize && (other.offsets === undefined) === (offsets === undefined));
  if (!alike || rows * first.shape[1] > joinedValues) return undefined;
  const all = (part: (matrix: BlockMatrix) => Tensor): Tensor => concat(blocks.map(part), 0);
  return {
    bits,
    blockSize,
    shape: [rows, first.shape[1]],
    codes: all(({ codes }) => codes),
    scales: all(({ scales }) => scales),
    offsets: offsets && all((matrix) => matrix.offsets!),
  };
}

/** @param x - [count, inputs] @returns [count, outputs] */
function product(x: Tensor, weight: Weight | BlockMatrix): Tensor {
  if (!("codes" in weight)) return matmul(x, weight, { transposeB: true });
  return "bits" in weight ? blockProduct(x, weight) : channelProduct(x, weight);
}
