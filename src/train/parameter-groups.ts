import { groupsByPath, type ParameterGroup } from "../nn/optimiser.ts";
import type { TrainingConfig } from "./training-config.ts";

/** How each weight is trained: by the first rule of `groups` that its path matches, and at its part's share of the learning rate. */
export function parameterGroups({
  groups,
  rates,
  weightDecay,
}: Pick<TrainingConfig["optimiser"], "groups" | "rates" | "weightDecay">): (path: string) => ParameterGroup {
  const byPath = groupsByPath(groups, { weightDecay });
  return (path) => {
    const group = byPath(path);
    const rate = (rates as Readonly<Record<string, number>>)[path.slice(0, path.indexOf("."))] ?? 1;
    return { ...group, learningRateFactor: (group.learningRateFactor ?? 1) * rate };
  };
}
