import { z } from "zod";
import type { Scope } from "../../nn/scope.ts";
import { InvertedResidualNetwork, type InvertedResidualStage, invertedResidualOptions } from "./inverted-residual-network.ts";

/** MobileNetV2 (Sandler et al., 2018): 96 channels at stride 16, 320 at stride 32. */
export const mobilenetV2Config = z.strictObject({ kind: z.literal("mobilenet-v2"), ...invertedResidualOptions });
export type MobilenetV2Config = z.output<typeof mobilenetV2Config>;

/** Expansion, channels, repetitions and stride of the blocks (table 2 of the paper). */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

export class MobilenetV2 extends InvertedResidualNetwork {
  constructor(scope: Scope, config: MobilenetV2Config) {
    super(
      scope,
      stages.map(([expansion, outputs, repetitions, stride]): InvertedResidualStage => ({ expansion, outputs, repetitions, stride, kernel: 3 })),
      config,
    );
  }
}
