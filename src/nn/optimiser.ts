import { clipAdaptively, NotFiniteError, sumOfSquares, unitsOf } from "./gradient-clipping.ts";

/** How training changes weights in place, on the host. Plain double arithmetic over float32 arrays: rounding each step to float32 doubles the time. */

/** Options that groups of parameters may differ in. */
export interface ParameterGroup {
  /** Share of the weight that each step takes away, times the learning rate. Paper: 0.1, but 0 for the resampler. */
  readonly weightDecay: number;
  /** Factor of the learning rate (ablation vi trains the language model at 0.1). Default: 1. */
  readonly learningRateFactor?: number;
  /** Largest norm of this group's gradients together, which then do not count among the others'. Default: they do. */
  readonly clipNorm?: number | undefined;
  /** Largest norm of the gradient of each unit over that of its weights, in the place of a global norm ({@link clipAdaptively}). Default: none. */
  readonly adaptiveClip?: number | undefined;
}

export interface AdamWOptions {
  /** Decay of the running mean of gradients. Default: 0.9. */
  readonly beta1?: number;
  /** Decay of the running mean of squared gradients. Default: 0.999. */
  readonly beta2?: number;
  /** Default: 1e-8. */
  readonly epsilon?: number;
  /** The group of each parameter, by its path: the same object for all that are clipped together. */
  readonly groupOf: (path: string) => ParameterGroup;
  /** Share of the learning rate of each parameter, on top of its group's. Default: 1. */
  readonly shareOf?: (path: string) => number;
  /** Largest norm of all gradients together that are not clipped by their group; longer ones are shortened to it. Default: no limit. */
  readonly clipNorm?: number;
  /** Of the weights, by path, where units are clipped. A weight that is not there is taken as a vector. */
  readonly shapes?: ReadonlyMap<string, readonly number[]>;
  /** Elements of a weight of so many that are kept up to date here, the others being somebody else's: only of these there is a state. Default: all. */
  readonly rangeOf?: (length: number) => readonly [from: number, to: number];
}

export interface StepReport {
  /** Norm of all gradients together, before clipping. */
  readonly gradientNorm: number;
}

interface Moments {
  readonly mean: Float32Array;
  readonly square: Float32Array;
}

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter), as PyTorch computes it: `w ← w − rate·decay·w − rate·m̂/(√v̂ + epsilon)`.
 * Weights are changed in place; frozen ones are simply not given.
 */
export class AdamW {
  private readonly weights: ReadonlyMap<string, Float32Array>;
  private readonly options: AdamWOptions;
  private readonly moments: ReadonlyMap<string, Moments>;
  private steps = 0;

  /** @param weights - the trained weights by path */
  constructor(weights: ReadonlyMap<string, Float32Array>, options: AdamWOptions) {
    this.weights = weights;
    this.options = options;
    this.moments = new Map(
      [...weights].map(([path, { length }]) => {
        const [from, to] = this.rangeOf(length);
        return [path, { mean: new Float32Array(to - from), square: new Float32Array(to - from) }];
      }),
    );
  }

  /**
   * One update of all weights.
   * @param gradients - one per weight, in its size
   * @throws when a gradient is missing, of another size, or not finite; then nothing has been changed
   */
  step(gradients: ReadonlyMap<string, Float32Array>, learningRate: number): StepReport {
    const squares = this.checkedSquares(gradients);
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, groupOf, shareOf } = this.options;
    const scaleOf = this.scales(squares);
    this.steps += 1;
    const meanCorrection = 1 - beta1 ** this.steps;
    const squareCorrection = Math.sqrt(1 - beta2 ** this.steps);
    for (const [path, weight] of this.weights) {
      const group = groupOf(path);
      const { weightDecay, learningRateFactor = 1, adaptiveClip } = group;
      const { mean, square } = this.moments.get(path)!;
      const gradient = gradients.get(path)!;
      if (adaptiveClip !== undefined) clipAdaptively(gradient, weight, unitsOf(this.options.shapes?.get(path) ?? []), adaptiveClip);
      const scale = scaleOf(group);
      const rate = learningRate * learningRateFactor * (shareOf?.(path) ?? 1);
      const kept = 1 - rate * weightDecay;
      // Both sides of the quotient times the correction of v: one division an element less is a quarter of the time.
      const stride = (rate / meanCorrection) * squareCorrection;
      const smallest = epsilon * squareCorrection;
      const [from, to] = this.rangeOf(weight.length);
      for (let i = from; i < to; i++) {
        const g = gradient[i]! * scale;
        const m = beta1 * mean[i - from]! + (1 - beta1) * g;
        const v = beta2 * square[i - from]! + (1 - beta2) * g * g;
        mean[i - from] = m;
        square[i - from] = v;
        weight[i] = weight[i]! * kept - (stride * m) / (Math.sqrt(v) + smallest);
      }
    }
    const gradientNorm = Math.sqrt([...squares.values()].reduce((total, each) => total + each, 0));
    return { gradientNorm };
  }

  /** Everything that a later run needs to go on exactly, as named arrays: `step`, `mean.<path>`, `square.<path>`. The arrays are the live ones. */
  state(): ReadonlyMap<string, Float32Array> {
    const named = [...this.moments].flatMap(
      ([path, { mean, square }]) =>
        [
          [`mean.${path}`, mean],
          [`square.${path}`, square],
        ] as const,
    );
    return new Map([["step", Float32Array.of(this.steps)], ...named]);
  }

  /** Goes on from a {@link state}, that of whole weights. @throws when it belongs to other weights; then nothing has been changed */
  restore(state: ReadonlyMap<string, Float32Array>): void {
    const own = this.state();
    for (const name of own.keys()) {
      const found = state.get(name);
      const length = this.lengthOf(name);
      if (found?.length !== length) {
        throw new Error(
          `optimiser state: ${name} should have ${length} elements, found ${found?.length ?? "nothing"}; it belongs to another model or another choice of trained parts`,
        );
      }
    }
    const foreign = [...state.keys()].find((name) => !own.has(name));
    if (foreign !== undefined)
      throw new Error(`optimiser state: ${foreign} belongs to no trained parameter; it is of another model or another choice of trained parts`);
    for (const [name, array] of own) if (name !== "step") array.set(state.get(name)!.subarray(...this.rangeOf(this.lengthOf(name))));
    this.steps = state.get("step")![0]!;
  }

  private rangeOf(length: number): readonly [from: number, to: number] {
    return this.options.rangeOf?.(length) ?? [0, length];
  }

  /** Of an array of the state, when it is that of a whole weight. */
  private lengthOf(name: string): number {
    return this.weights.get(name.slice(name.indexOf(".") + 1))?.length ?? 1;
  }

  /** What the gradients of each group are multiplied with. */
  private scales(squares: ReadonlyMap<string, number>): (group: ParameterGroup) => number {
    const { groupOf, clipNorm = Number.POSITIVE_INFINITY } = this.options;
    const own = (group: ParameterGroup): ParameterGroup | undefined => (group.clipNorm === undefined ? undefined : group);
    const totals = new Map<ParameterGroup | undefined, number>();
    for (const [path, each] of squares) {
      const group = groupOf(path);
      if (group.adaptiveClip === undefined) totals.set(own(group), (totals.get(own(group)) ?? 0) + each);
    }
    return (group) => (group.adaptiveClip === undefined ? Math.min(1, (group.clipNorm ?? clipNorm) / (Math.sqrt(totals.get(own(group))!) + 1e-6)) : 1);
  }

  private checkedSquares(gradients: ReadonlyMap<string, Float32Array>): ReadonlyMap<string, number> {
    const found = new Map<string, number>();
    for (const [path, { length }] of this.weights) {
      const gradient = gradients.get(path);
      if (gradient?.length !== length)
        throw new Error(`optimiser: the gradient of ${path} should have ${length} elements, found ${gradient?.length ?? "nothing"}`);
      const squares = sumOfSquares(gradient);
      if (!Number.isFinite(squares)) {
        throw new NotFiniteError(
          `the gradient of ${path} is not finite at step ${this.steps + 1}: lower the learning rate, warm up for longer, or clip to a smaller norm`,
        );
      }
      found.set(path, squares);
    }
    return found;
  }
}
