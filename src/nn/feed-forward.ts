import { type Initialiser, multiply, type Tensor } from "../graph/graph.ts";
import { type ActivationName, activations, gated } from "./activation.ts";
import { forwardAll, Linear } from "./linear.ts";
import type { Scope } from "./scope.ts";

export interface FeedForwardConfig {
  readonly width: number;
  /** Width inside. Default: 4 times `width`. */
  readonly hidden?: number;
  readonly activation: ActivationName;
  /** Of all matrices. Default: true. */
  readonly bias?: boolean;
  readonly initialiser?: Initialiser;
  /** Of the matrix that writes into the residual stream. Default: `initialiser`. */
  readonly outputInitialiser?: Initialiser;
}

/**
 * Two matrices with an activation between, position by position; gated activations have a third.
 * Parameters below `up`, `down` and (for those) `gate`.
 */
export class FeedForward {
  private readonly up: Linear;
  private readonly gate: Linear | undefined;
  private readonly down: Linear;
  private readonly activation: (x: Tensor) => Tensor;

  constructor(scope: Scope, config: FeedForwardConfig) {
    const { width, hidden = 4 * width, activation, bias = true, initialiser, outputInitialiser = initialiser } = config;
    const inward = { inputs: width, outputs: hidden, bias, ...(initialiser && { initialiser }) };
    this.activation = activations[activation];
    if (gated.has(activation)) this.gate = new Linear(scope.child("gate"), inward);
    this.up = new Linear(scope.child("up"), inward);
    this.down = new Linear(scope.child("down"), { inputs: hidden, outputs: width, bias, ...(outputInitialiser && { initialiser: outputInitialiser }) });
  }

  /** @param x - [..., width] @returns [..., width] */
  forward(x: Tensor): Tensor {
    const [up, gate] = forwardAll(x, this.gate === undefined ? [this.up] : [this.up, this.gate]); // [..., hidden]
    return this.down.forward(gate === undefined ? this.activation(up!) : multiply(this.activation(gate), up!));
  }
}
