import * as z from "zod";
import { filled, layerNorm, rmsNorm, type Tensor } from "../graph/graph.ts";
import { constantly, zeros } from "./initialisers.ts";
import type { Scope } from "./scope.ts";

/** `layer`: {@link LayerNorm}; `rms`: {@link RmsNorm}. */
export const normKind: z.ZodEnum<{ layer: "layer"; rms: "rms" }> = z.enum(["layer", "rms"]);
export type NormKind = z.output<typeof normKind>;

export interface NormConfig {
  readonly width: number;
  /** Added to the variance (or mean square). Default: 1e-5. */
  readonly epsilon?: number;
  /** Learnt factor per channel. Default: true. */
  readonly scale?: boolean;
  /** What that factor begins at. Default: 1. */
  readonly initialScale?: number;
}

/** What both norms have in common: every vector along the last axis is brought to one size. */
export interface Norm {
  /** @param x - [..., width] @returns [..., width] */
  forward(x: Tensor): Tensor;
}

/** Mean 0 and variance 1, then `scale` and `bias`. Parameters: `scale` [width], `bias` [width]. */
export class LayerNorm implements Norm {
  private readonly scale: Tensor;
  private readonly bias: Tensor | undefined;
  private readonly epsilon: number;

  /** @param config - with `bias` (default: true) */
  constructor(scope: Scope, { width, epsilon = 1e-5, scale = true, initialScale = 1, bias = true }: NormConfig & { readonly bias?: boolean }) {
    this.epsilon = epsilon;
    this.scale = scale ? scope.parameter("scale", [width], constantly(initialScale)) : filled(1, [width]);
    this.bias = bias ? scope.parameter("bias", [width], zeros) : undefined;
  }

  forward(x: Tensor): Tensor {
    return layerNorm(x, this.scale, this.bias, this.epsilon);
  }
}

/** Root mean square 1, then `scale`. Parameters: `scale` [width]. */
export class RmsNorm implements Norm {
  private readonly scale: Tensor;
  private readonly epsilon: number;

  constructor(scope: Scope, { width, epsilon = 1e-5, scale = true, initialScale = 1 }: NormConfig) {
    this.epsilon = epsilon;
    this.scale = scale ? scope.parameter("scale", [width], constantly(initialScale)) : filled(1, [width]);
  }

  forward(x: Tensor): Tensor {
    return rmsNorm(x, this.scale, this.epsilon);
  }
}

/** The norm of that kind. @param config - `bias` is of layer norms alone: root mean squares have none */
export function createNorm(scope: Scope, { kind, ...config }: NormConfig & { readonly kind: NormKind; readonly bias?: boolean }): Norm {
  return kind === "layer" ? new LayerNorm(scope, config) : new RmsNorm(scope, config);
}
