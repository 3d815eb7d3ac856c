import * as z from "zod";
import type { Scope } from "../../nn/scope.ts";
import { type InvertedResidualStage, roundedChannels } from "./inverted-residual.ts";
import { checkGrids, InvertedResidualNetwork, type InvertedResidualPlan, invertedResidualOptions } from "./inverted-residual-network.ts";

/** MobileNetV2 (Sandler et al., 2018): 96 channels at stride 16, 320 at stride 32. */
export const mobilenetV2Config = z
  .strictObject({
    kind: z.literal("mobilenet-v2"),
    /** How many times as many channels its layers have. Narrower ones keep 1280 in the head. */
    channels: z.number().positive().default(1),
    ...invertedResidualOptions,
  })
  .superRefine(checkGrids);
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

/** The network of a config. */
export function mobilenetV2Plan(config: MobilenetV2Config): InvertedResidualPlan {
  const channels = (count: number): number => roundedChannels(count * config.channels);
  const scaled = stages.map(
    ([expansion, outputs, repetitions, stride]): InvertedResidualStage => ({
      expansion,
      outputs: channels(outputs),
      repetitions,
      stride,
      kernel: 3,
      activation: "relu6",
    }),
  );
  return { stem: channels(32), stages: scaled, head: Math.max(1280, channels(1280)), activation: "relu6" };
}

export class MobilenetV2 extends InvertedResidualNetwork {
  constructor(scope: Scope, config: MobilenetV2Config) {
    super(scope, mobilenetV2Plan(config), config);
  }
}
