import { filled, multiply, type Tensor, tanh } from "../../graph/graph.ts";
import type { Scope } from "../../nn/scope.ts";

export interface GateConfig {
  readonly gate: "tanh" | "none";
  /** One number per gate, or one per channel (IDEFICS offers both). */
  readonly gateShape: "scalar" | "vector";
  readonly gateInitial: number;
  readonly gateScale: number;
}

/** How far the gates of one fusion layer are open: [1] or [width] each. */
export interface FusionGates {
  readonly attention: Tensor;
  /** Of the layer's own feed-forward part, where it has one. */
  readonly feedForward?: Tensor;
}

/**
 * `tanh(alpha) · x` with a learnt alpha that starts at 0, so that a fresh model is exactly its language model (paper, section 3.2).
 * `none` passes `x` on as it is (ablation iii). Both times `gateScale`. Parameter: `alpha` [1] or [width].
 */
export class Gate {
  private readonly alpha: Tensor | undefined;
  private readonly scale: number;

  constructor(scope: Scope, width: number, { gate, gateShape, gateInitial, gateScale }: GateConfig) {
    this.scale = gateScale;
    if (gate === "tanh") this.alpha = scope.parameter("alpha", [gateShape === "scalar" ? 1 : width], { kind: "constant", value: gateInitial });
  }

  /** What everything is multiplied with, beside `gateScale`: tanh(alpha), [1] or [width]; 1 where there is no gate. */
  get opening(): Tensor {
    return this.alpha === undefined ? filled(1, [1]) : tanh(this.alpha);
  }

  /** Whether there is anything to learn here. */
  get gated(): boolean {
    return this.alpha !== undefined;
  }

  /** @param x - [..., width] */
  forward(x: Tensor): Tensor {
    const scaled = this.scale === 1 ? x : multiply(x, this.scale);
    return this.alpha === undefined ? scaled : multiply(this.opening, scaled);
  }
}
