/**
 * An exponential moving average of weights: after each update `average ← decay · average + (1 − decay) · weight`, from the weights after the first update on (Polyak and Juditsky 1992; as PyTorch's `AveragedModel`
 * with `get_ema_multi_avg_fn`). It is what is evaluated and kept, while training goes on with the weights themselves.
 */
export class WeightAverage {
  /** By path. All zeros until the first update. */
  readonly values: ReadonlyMap<string, Float32Array>;
  private readonly decay: number;
  private begun = false;

  constructor(weights: ReadonlyMap<string, Float32Array>, decay: number) {
    this.decay = decay;
    this.values = new Map([...weights].map(([path, { length }]) => [path, new Float32Array(length)]));
  }

  update(weights: ReadonlyMap<string, Float32Array>): void {
    const kept = this.begun ? this.decay : 0;
    this.begun = true;
    for (const [path, average] of this.values) {
      const weight = weights.get(path)!;
      for (let i = 0; i < average.length; i++) average[i] = kept * average[i]! + (1 - kept) * weight[i]!;
    }
  }

  /** Goes on from the average of an interrupted run. */
  restore(values: ReadonlyMap<string, Float32Array>): void {
    for (const [path, average] of this.values) average.set(values.get(path)!);
    this.begun = true;
  }
}
