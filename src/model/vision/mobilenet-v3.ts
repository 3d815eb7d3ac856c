import * as z from "zod";
import type { Scope } from "../../nn/scope.ts";
import type { InvertedResidualStage } from "./inverted-residual.ts";
import { checkGrids, InvertedResidualNetwork, type InvertedResidualPlan, invertedResidualOptions } from "./inverted-residual-network.ts";

/** MobileNetV3 (Howard et al., 2019). */
export const mobilenetV3Config = z
  .strictObject({ kind: z.literal("mobilenet-v3"), size: z.enum(["small", "large"]).default("large"), ...invertedResidualOptions })
  .superRefine(checkGrids);
export type MobilenetV3Config = z.output<typeof mobilenetV3Config>;

type Row = readonly [kernel: number, expansion: number, outputs: number, excited: 0 | 1, activation: "relu" | "hardSwish", stride: number, repetitions: number];

/** Tables 1 and 2 of the paper, in rows of equal blocks. */
const stages: Readonly<Record<MobilenetV3Config["size"], readonly Row[]>> = {
  large: [
    [3, 1, 16, 0, "relu", 1, 1],
    [3, 4, 24, 0, "relu", 2, 1],
    [3, 3, 24, 0, "relu", 1, 1],
    [5, 3, 40, 1, "relu", 2, 3],
    [3, 6, 80, 0, "hardSwish", 2, 1],
    [3, 2.5, 80, 0, "hardSwish", 1, 1],
    [3, 2.3, 80, 0, "hardSwish", 1, 2],
    [3, 6, 112, 1, "hardSwish", 1, 2],
    [5, 6, 160, 1, "hardSwish", 2, 3],
  ],
  small: [
    [3, 1, 16, 1, "relu", 2, 1],
    [3, 4.5, 24, 0, "relu", 2, 1],
    [3, 3.67, 24, 0, "relu", 1, 1],
    [5, 4, 40, 1, "hardSwish", 2, 1],
    [5, 6, 40, 1, "hardSwish", 1, 2],
    [5, 3, 48, 1, "hardSwish", 1, 2],
    [5, 6, 96, 1, "hardSwish", 2, 3],
  ],
};

/** Channels of the layer that widens the last block's, and of the classifier's hidden layer. */
const ends = { large: { head: 960, classifierHidden: 1280 }, small: { head: 576, classifierHidden: 1024 } } as const;

/** The network of a config. */
export function mobilenetV3Plan({ size }: MobilenetV3Config): InvertedResidualPlan {
  const rows = stages[size].map(
    ([kernel, expansion, outputs, excited, activation, stride, repetitions]): InvertedResidualStage => ({
      kernel,
      expansion,
      outputs,
      excited: excited === 1,
      activation,
      stride,
      repetitions,
    }),
  );
  return { stem: 16, stages: rows, activation: "hardSwish", ...ends[size] };
}

export class MobilenetV3 extends InvertedResidualNetwork {
  constructor(scope: Scope, config: MobilenetV3Config) {
    super(scope, mobilenetV3Plan(config), config);
  }
}
