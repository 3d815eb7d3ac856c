import { clip, convolution, relu, type Tensor } from "../../graph/graph.ts";
import { scaledNormal, zeros } from "../../nn/initialisers.ts";
import type { Scope } from "../../nn/scope.ts";
import { hardSwish } from "./hard-activations.ts";
import { type Padding, paddingOf } from "./same-padding.ts";

/** What follows a convolution. */
export const convolutionActivations = { relu6: (x: Tensor): Tensor => clip(x, 0, 6), relu, hardSwish } as const;
export type ConvolutionActivation = keyof typeof convolutionActivations;

export interface FoldedConvolutionConfig {
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
  /** Edge of its input. */
  readonly size: number;
  readonly padding: Padding;
  readonly groups?: number;
  /** Undefined: none. */
  readonly activation: ConvolutionActivation | undefined;
}

/** A convolution with the batch norm after it folded into it. */
export class FoldedConvolution {
  private readonly weight: Tensor;
  private readonly bias: Tensor;
  private readonly options: { stride: number; groups: number; padding: [number, number, number, number] };
  private readonly activation: (x: Tensor) => Tensor;

  constructor(scope: Scope, { inputs, outputs, kernel, stride, size, padding, groups = 1, activation }: FoldedConvolutionConfig) {
    const fanIn = (inputs / groups) * kernel * kernel;
    this.weight = scope.parameter("weight", [outputs, inputs / groups, kernel, kernel], scaledNormal(fanIn));
    this.bias = scope.parameter("bias", [outputs], zeros);
    this.options = { stride, groups, padding: paddingOf(padding, size, kernel, stride) };
    this.activation = activation === undefined ? (x) => x : convolutionActivations[activation];
  }

  forward(x: Tensor): Tensor {
    return this.activation(convolution(x, this.weight, { ...this.options, bias: this.bias }));
  }
}
