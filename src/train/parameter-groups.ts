import type { ParameterGroup } from "../nn/optimiser.ts";
import { groupsByPath } from "../nn/parameter-groups.ts";
import type { TrainingConfig } from "./training-config.ts";

type Rules = Pick<TrainingConfig["optimiser"], "groups" | "rates" | "weightDecay" | "adaptiveClip">;

/** How each weight is trained: by the first rule of `groups` that its path matches, and at its part's share of the learning rate. */
export function parameterGroups({ groups, rates, weightDecay, adaptiveClip }: Rules): (path: string) => ParameterGroup {
  const byPath = groupsByPath(groups, { weightDecay, adaptiveClip });
  const shares: Readonly<Record<string, number>> = rates;
  return (path) => {
    const group = byPath(path);
    return { ...group, learningRateFactor: (group.learningRateFactor ?? 1) * (shares[path.slice(0, path.indexOf("."))] ?? 1) };
  };
}
