import type { ParameterGroup } from "./optimiser.ts";

/** Parameters whose path matches the pattern, and how they differ from the others. */
export interface GroupRule {
  /** A regular expression over paths: `"^resampler\\."`. */
  readonly paths: string;
  readonly weightDecay?: number | undefined;
  readonly learningRateFactor?: number | undefined;
  readonly clipNorm?: number | undefined;
  /** `false`: as if nobody were clipped adaptively. */
  readonly adaptiveClip?: number | false | undefined;
}

/** The group of each path: the first rule that matches it, on top of `others`. */
export function groupsByPath(rules: readonly GroupRule[], others: ParameterGroup): (path: string) => ParameterGroup {
  const compiled = rules.map((rule) => ({ pattern: new RegExp(rule.paths), group: { ...others, ...groupOf(rule, others) } }));
  return (path) => compiled.find(({ pattern }) => pattern.test(path))?.group ?? others;
}

function groupOf({ weightDecay, learningRateFactor, clipNorm, adaptiveClip }: GroupRule, others: ParameterGroup): ParameterGroup {
  // Whoever has a norm of its own is clipped by that alone.
  const clip = adaptiveClip ?? (clipNorm === undefined ? others.adaptiveClip : undefined);
  return {
    weightDecay: weightDecay ?? others.weightDecay,
    learningRateFactor: learningRateFactor ?? others.learningRateFactor ?? 1,
    clipNorm,
    adaptiveClip: clip === false ? undefined : clip,
  };
}

/** Rules that match none of these paths: such a rule would do nothing without a word. */
export function idleRules(rules: readonly GroupRule[], paths: Iterable<string>): readonly GroupRule[] {
  const all = [...paths];
  return rules.filter((rule) => !all.some((path) => new RegExp(rule.paths).test(path)));
}
