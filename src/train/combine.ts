/** Which data sets a step learns from, and how much of each. */
import { Random } from "../data/random.ts";
import type { TrainingSource } from "./training-source.ts";

/**
 * `accumulation`: a batch of each data set in every step, gradients added up by their weights. `round-robin`: one data set after the other. `merged`: one batch in which each row is of a data set drawn by
 * the weights. The paper compares them (ablation ii, and the appendix on contrastive pre-training, where "merged" means batches of examples of all data sets).
 */
export type Combine = "accumulation" | "round-robin" | "merged";

export interface ActiveSource {
  readonly source: TrainingSource;
  /** Rows of its batch. Default: its own. */
  readonly rows?: number;
}

/** @param present - data sets that take part in this step @returns the same on every rank */
export function activeSources(combine: Combine, present: readonly TrainingSource[], step: number, seed: number): readonly ActiveSource[] {
  if (combine === "accumulation") return present.map((source) => ({ source }));
  if (combine === "round-robin") return [{ source: present[step % present.length]! }];
  const random = new Random("merged", seed, step);
  const whole = present.reduce((sum, { weight }) => sum + weight, 0);
  // Where each data set's share of [0, whole) ends.
  const ends = present.map((_, i) => (i === present.length - 1 ? whole : present.slice(0, i + 1).reduce((sum, { weight }) => sum + weight, 0)));
  const rows = present.map(() => 0);
  const all = present.reduce((sum, source) => sum + (source.rows ?? 1), 0);
  for (let row = 0; row < all; row++) {
    const drawn = random.between(0, whole);
    rows[ends.findIndex((end) => drawn < end)]! += 1;
  }
  return present.flatMap((source, i) => (rows[i] === 0 ? [] : [{ source, rows: rows[i]! }]));
}
