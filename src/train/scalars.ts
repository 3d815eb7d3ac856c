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

/** @returns nothing of events without losses */
export function scalarsOf(event: TrainingEvent): readonly Scalar[] {
  if (event.type === "validation" && event.shots === 0)
    return Object.entries(event.sets).map(([name, { loss }]) => ({ group: "loss", name: `${name}, held out`, value: loss }));
  if (event.type !== "step") return [];
  const { losses, gates = {}, learningRate, gradientNorm, tokens, pictures, seconds } = event;
  const named = (group: ScalarGroup, values: Readonly<Record<string, number>>): Scalar[] =>
    Object.entries(values).map(([name, value]) => ({ group, name, value }));
  return [
    ...named("loss", losses),
    ...named("gate", gates),
    { group: "optimisation", name: "learning rate", value: learningRate },
    { group: "optimisation", name: "gradient norm", value: gradientNorm },
    { group: "speed", name: "tokens per second", value: tokens / seconds },
    { group: "speed", name: "pictures per second", value: pictures / seconds },
  ];
}
