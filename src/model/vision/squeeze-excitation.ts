import { convolution, mean, multiply, relu, sigmoid, type Tensor } from "../../graph/graph.ts";
import { normal, zeros } from "../../nn/initialisers.ts";
import type { Scope } from "../../nn/scope.ts";
import { hardSigmoid } from "./hard-activations.ts";

/** What makes a weight between 0 and 1 of a number: the sigmoid, or three straight lines (MobileNetV3). */
const gates = { sigmoid, hardSigmoid } as const;

export interface SqueezeExcitationConfig {
  readonly channels: number;
  /** Channels between its two layers. */
  readonly hidden: number;
  readonly gate: keyof typeof gates;
}

interface Layer {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

/** Weighs each channel by what the whole picture says (Hu et al., 2018). */
export class SqueezeExcitation {
  private readonly down: Layer;
  private readonly up: Layer;
  private readonly gate: (x: Tensor) => Tensor;

  constructor(scope: Scope, { channels, hidden, gate }: SqueezeExcitationConfig) {
    const layer = (name: string, inputs: number, outputs: number): Layer => ({
      weight: scope.child(name).parameter("weight", [outputs, inputs, 1, 1], normal(inputs ** -0.5)),
      bias: scope.child(name).parameter("bias", [outputs], zeros),
    });
    this.down = layer("down", channels, hidden);
    this.up = layer("up", hidden, channels);
    this.gate = gates[gate];
  }

  /** @param x - [images, channels, height, width] @returns the same shape */
  forward(x: Tensor): Tensor {
    const pooled = mean(x, [2, 3], { keepDims: true }); // [images, channels, 1, 1]
    const hidden = relu(convolution(pooled, this.down.weight, { bias: this.down.bias }));
    return multiply(x, this.gate(convolution(hidden, this.up.weight, { bias: this.up.bias })));
  }
}
