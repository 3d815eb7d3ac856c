/** How the learning rate goes over a training run. */
export interface Schedule {
  /** The highest learning rate. Paper: 1e-4. */
  readonly peak: number;
  /** Updates in which it rises from 0 to `peak` in a straight line. Paper: 5000. */
  readonly warmup: number;
  /** After that: `constant` (paper), or falling to `final` along half a cosine, a straight line, or by the same factor in every update (exponential, whose `final` is more than 0). */
  readonly decay: "constant" | "cosine" | "linear" | "exponential";
  /** All updates, warm-up included. Only falling schedules need it. */
  readonly steps: number;
  /** What a falling schedule ends at. Default: 0. */
  readonly final?: number;
}

/** The learning rate of one update. @param update - counts from 1 */
export function learningRate(update: number, { peak, warmup, decay, steps, final = 0 }: Schedule): number {
  if (update < warmup) return (peak * update) / warmup;
  if (decay === "constant") return peak;
  const progress = Math.min(1, (update - warmup) / Math.max(1, steps - warmup));
  if (decay === "exponential") return peak * (final / peak) ** progress;
  const left = decay === "cosine" ? (1 + Math.cos(Math.PI * progress)) / 2 : 1 - progress;
  return final + (peak - final) * left;
}
