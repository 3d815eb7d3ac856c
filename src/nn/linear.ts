import { add, blockProduct, channelProduct, elementCount, type Initialiser, matmul, reshape, type Tensor } from "../graph/graph.ts";
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
export function linear(x: Tensor, weight: Weight, bias?: Tensor): Tensor {
  const lead = x.shape.slice(0, -1);
  // All leading axes become one, so that the product is a single Gemm, and the bias joins it before the axes come back.
  const rows = reshape(x, [elementCount(lead), x.shape.at(-1)!]);
  const result = product(rows, weight);
  return reshape(bias === undefined ? result : add(result, bias), [...lead, weight.shape[0]!]);
}

/** @param x - [count, inputs] @returns [count, outputs] */
function product(x: Tensor, weight: Weight): Tensor {
  if (!("codes" in weight)) return matmul(x, weight, { transposeB: true });
  return "bits" in weight ? blockProduct(x, weight) : channelProduct(x, weight);
}
