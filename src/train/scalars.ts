/** What a training run's events say in numbers, by group and name: the one list that TensorBoard's files and plots are made of. */
import type { TrainingEvent } from "./run.ts";

export const scalarGroups = ["loss", "gate", "optimisation", "speed"] as const;
export type ScalarGroup = (typeof scalarGroups)[number];

export interface Scalar {
  readonly group: ScalarGroup;
  /** Within its group: the data set of a loss, the layer of a gate. */
  readonly name: string;
  readonly value: number;
}

/** @returns nothing of events that are no step's */
export function scalarsOf(event: TrainingEvent): readonly Scalar[] {
  if (event.type !== "step") return [];
  const { losses, learningRate, gradientNorm } = event;
  return [
    ...Object.entries(losses).map(([name, value]): Scalar => ({ group: "loss", name, value })),
    { group: "optimisation", name: "learning rate", value: learningRate },
    { group: "optimisation", name: "gradient norm", value: gradientNorm },
  ];
}
