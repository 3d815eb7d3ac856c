import * as z from "zod";
import type { Scope } from "../../nn/scope.ts";
import { type InvertedResidualStage, roundedChannels } from "./inverted-residual.ts";
import { checkGrids, InvertedResidualNetwork, type InvertedResidualPlan, invertedResidualOptions } from "./inverted-residual-network.ts";

/** EfficientNet-Lite (Google, 2020): EfficientNet (Tan and Le, 2019) with ReLU6 and without squeeze-and-excitation. */
export const efficientnetLiteConfig = z
  .strictObject({
    kind: z.literal("efficientnet-lite"),
    /** Lite0 to Lite4. */
    scale: z.number().int().min(0).max(4).default(0),
    ...invertedResidualOptions,
  })
  .superRefine(checkGrids);
export type EfficientnetLiteConfig = z.output<typeof efficientnetLiteConfig>;

/** Expansion, channels, repetitions, stride and kernel of the blocks at scale 0. */
const stages = [
  [1, 16, 1, 1, 3],
  [6, 24, 2, 2, 3],
  [6, 40, 2, 2, 5],
  [6, 80, 3, 2, 3],
  [6, 112, 3, 1, 5],
  [6, 192, 4, 2, 5],
  [6, 320, 1, 1, 3],
] as const;

/** How much wider and deeper each scale is. */
const multipliers = [
  [1, 1],
  [1, 1.1],
  [1.1, 1.2],
  [1.2, 1.4],
  [1.4, 1.8],
] as const;

/** The network of a config. */
export function efficientnetLitePlan({ scale }: EfficientnetLiteConfig): InvertedResidualPlan {
  const [widthMultiplier, depthMultiplier] = multipliers[scale]!;
  const scaled = stages.map(([expansion, channels, repetitions, stride, kernel], i): InvertedResidualStage => {
    // Unlike EfficientNet's, the first and the last stage keep their depth.
    const fixed = i === 0 || i === stages.length - 1;
    return {
      expansion,
      outputs: roundedChannels(channels * widthMultiplier),
      repetitions: fixed ? repetitions : Math.ceil(repetitions * depthMultiplier),
      stride,
      kernel,
      activation: "relu6",
    };
  });
  return { stem: 32, stages: scaled, head: 1280, activation: "relu6" };
}

export class EfficientnetLite extends InvertedResidualNetwork {
  constructor(scope: Scope, config: EfficientnetLiteConfig) {
    super(scope, efficientnetLitePlan(config), config);
  }
}
