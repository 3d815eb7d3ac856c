import { type AdamW, globalNorm } from "../nn/optimiser.ts";
import type { HostTensor, Session } from "../runtime/runtime.ts";

/**
 * One data set of the mixture. A resumed run sees what an uninterrupted one would have seen: a batch is a pure function of the step, or of the `position` that a checkpoint keeps.
 */
export interface TrainingSource {
  readonly name: string;
  /** λ of the paper's objective (section 2.4): its gradients are multiplied with this. */
  readonly weight: number;
  /** Largest global norm of its gradients, before the weight: a data set with steep losses then cannot drown another one. Default: none. */
  readonly clipNorm?: number | undefined;
  /** Steps in which it takes part: from the first one on, and before the second one. Default: all. */
  readonly from?: number | undefined;
  readonly until?: number | undefined;
  batch(step: number): Promise<Readonly<Record<string, HostTensor>>>;
  /** Of one whose batches follow one another: where it stands after the last one, as JSON; undefined at the beginning. */
  position?(): unknown;
  /** Lets it go on from where another run's stood, before the first batch. */
  goOnFrom?(position: unknown): void;
  /** Lets go of what it holds open. */
  close?(): Promise<void>;
}

export interface StepEvent {
  readonly type: "step";
  /** Steps done so far, this one included. */
  readonly step: number;
  readonly steps: number;
  /** Mean loss per labelled token, by data set. */
  readonly losses: Readonly<Record<string, number>>;
  readonly learningRate: number;
  /** Global norm of the gradients before clipping. */
  readonly gradientNorm: number;
  readonly seconds: number;
}

export interface LoopOptions {
  /** Gives `loss` and `gradient.<path>` for every trained path; trained weights are fed under their paths. */
  readonly session: Pick<Session, "run">;
  /** The trained weights, changed in place. */
  readonly weights: ReadonlyMap<string, Float32Array>;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly sources: readonly TrainingSource[];
  /** All data sets in every step with gradients added up, or one after the other (paper, section 3.3, ablation ii). */
  readonly combine: "accumulation" | "round-robin";
  /** Of these weights. */
  readonly optimiser: AdamW;
  /** Learning rate of a step, which is counted from 0. */
  readonly schedule: (step: number) => number;
  readonly firstStep: number;
  readonly steps: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Trains. After each yielded event the weights are those after that step, so the caller may save or stop there.
 * @throws when the loss is not a number, naming the step and the data set; the weights are then those before that step
 */
export async function* trainingLoop(options: LoopOptions): AsyncGenerator<StepEvent> {
  const { sources, combine, optimiser, weights, schedule, steps } = options;
  const fed = Object.fromEntries([...weights].map(([path, data]) => [path, { dtype: "float32", shape: options.shapes.get(path)!, data } as const]));
  for (let step = options.firstStep; step < steps; step++) {
    if (options.signal?.aborted) return;
    const started = performance.now();
    const present = sources.filter(({ from = 0, until = Number.POSITIVE_INFINITY }) => step >= from && step < until);
    if (present.length === 0) throw new Error(`no data set takes part in step ${step + 1}; look at "from" and "until" of the config's data`);
    const active = combine === "accumulation" ? present : [present[step % present.length]!];
    const losses: Record<string, number> = {};
    const total = new Map<string, Float32Array>();
    for (const source of active) {
      const results = await options.session.run({ ...fed, ...(await source.batch(step)) });
      const loss = results["loss"]!.data[0] as number;
      if (!Number.isFinite(loss)) {
        throw new Error(`the loss of "${source.name}" became ${loss} at step ${step + 1}: lower the learning rate or the clipping norm and resume`);
      }
      losses[source.name] = loss;
      const gradients = new Map([...weights.keys()].map((path) => [path, results[`gradient.${path}`]!.data as Float32Array]));
      const share = source.clipNorm === undefined ? 1 : Math.min(1, source.clipNorm / globalNorm(gradients));
      for (const [path, gradient] of gradients) accumulate(total, path, gradient, source.weight * share);
    }
    const learningRate = schedule(step);
    const { gradientNorm } = optimiser.step(total, learningRate);
    yield { type: "step", step: step + 1, steps, losses, learningRate, gradientNorm, seconds: (performance.now() - started) / 1000 };
  }
}

/** Adds `weight · gradient`; the first data set's array is taken over, since nobody else holds it. */
function accumulate(total: Map<string, Float32Array>, path: string, gradient: Float32Array, weight: number): void {
  const sum = total.get(path);
  if (sum === undefined) {
    if (weight !== 1) for (let i = 0; i < gradient.length; i++) gradient[i]! *= weight;
    total.set(path, gradient);
    return;
  }
  for (let i = 0; i < gradient.length; i++) sum[i]! += weight * gradient[i]!;
}
