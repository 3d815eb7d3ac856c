import { type Tensor, multiply, tanh } from "../../graph/graph.ts";
import type { Scope } from "../../nn/scope.ts";

export interface GateConfig {
  readonly gate: "tanh" | "none";
  /** One number per gate, or one per channel (IDEFICS offers both). */
  readonly gateShape: "scalar" | "vector";
  readonly gateInitial: number;
}

/**
 * `tanh(alpha) · x` with a learnt alpha that starts at 0, so that a fresh model is exactly its language model (paper, section 3.2).
 * `none` passes `x` on as it is (ablation iii). Parameter: `alpha` [1] or [width].
 */
export class Gate {
  private readonly alpha: Tensor | undefined;

  constructor(scope: Scope, width: number, { gate, gateShape, gateInitial }: GateConfig) {
    if (gate === "tanh") this.alpha = scope.parameter("alpha", [gateShape === "scalar" ? 1 : width], { kind: "constant", value: gateInitial });
  }

  /** Whether there is anything to learn here. */
  get gated(): boolean {
    return this.alpha !== undefined;
  }

  /** @param x - [..., width] */
  forward(x: Tensor): Tensor {
    return this.alpha === undefined ? x : multiply(tanh(this.alpha), x);
  }
}
