/** How much a model makes of more examples, in three figures (VL-ICL Bench: Zong et al., 2025). */

export interface CurvePoint {
  readonly shots: number;
  /** Share of right answers. */
  readonly accuracy: number;
}

export interface LearningCurve {
  /** Accuracy without examples. */
  readonly zeroShot: number;
  /** Best accuracy with any number of examples. */
  readonly peak: number;
  /** Area between the accuracy with examples and the accuracy without any, as a share of the whole area: 1 would be all right from nothing right. Negative where examples do harm. */
  readonly efficiency: number;
}

/** @returns undefined unless there is a point without examples and one with some */
export function learningCurve(points: readonly CurvePoint[]): LearningCurve | undefined {
  const ordered = points.toSorted((a, b) => a.shots - b.shots);
  const [first] = ordered;
  const last = ordered.at(-1);
  if (first?.shots !== 0 || last === undefined || last.shots === 0) return undefined;
  const area = ordered.slice(1).reduce((sum, { shots, accuracy }, i) => {
    const before = ordered[i]!;
    return sum + ((accuracy + before.accuracy) / 2 - first.accuracy) * (shots - before.shots);
  }, 0);
  return { zeroShot: first.accuracy, peak: Math.max(...ordered.map(({ accuracy }) => accuracy)), efficiency: area / last.shots };
}
