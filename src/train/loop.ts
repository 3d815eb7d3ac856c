import { NotFiniteError } from "../nn/gradient-clipping.ts";
import type { AdamW } from "../nn/optimiser.ts";
import type { WeightAverage } from "../nn/weight-average.ts";
import { free, type Session } from "../runtime/runtime.ts";
import { activeSources, type Combine } from "./combine.ts";
import { oneRank, type Ranks } from "./distribute/ranks.ts";
import { gatherRanges } from "./distribute/zero.ts";
import { openGates } from "./gates.ts";
import { stepGradients } from "./step-gradients.ts";
import type { TrainingSource } from "./training-source.ts";
import { unlessStopped } from "./unless-stopped.ts";

const gatesEvery = 10;

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
  /** Tokens that were read in this step, without padding, and pictures that were shown; of all ranks. */
  readonly tokens: number;
  readonly pictures: number;
  readonly seconds: number;
  /** How far the gates are open ({@link openGates}); every tenth step, and after the last one. */
  readonly gates?: Readonly<Record<string, number>>;
}

export interface LoopOptions {
  /** Gives `loss` and `gradient.<path>` for every trained path; trained weights are fed under their paths. */
  readonly session: Pick<Session, "run">;
  /** The trained weights, changed in place. */
  readonly weights: ReadonlyMap<string, Float32Array>;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly sources: readonly TrainingSource[];
  readonly combine: Combine;
  /** Of the run: rows of merged batches are drawn with it. Default: 0. */
  readonly seed?: number;
  /** Of these weights. */
  readonly optimiser: AdamW;
  /** Follows them. */
  readonly average?: WeightAverage | undefined;
  /** Whether it has this rank's part of them alone ({@link ownRange}). */
  readonly zero?: boolean | undefined;
  /** Learning rate of a step, which is counted from 0. */
  readonly schedule: (step: number) => number;
  readonly firstStep: number;
  readonly steps: number;
  /** Ends the loop, on all ranks before the same step. */
  readonly signal?: AbortSignal | undefined;
  /** The processes that train together, each on batches of its own. Default: this one alone. */
  readonly ranks?: Ranks | undefined;
}

/**
 * Trains. After each yielded event the weights are those after that step, so the caller may save or stop there. So many ranks do what one would do whose batches are theirs together.
 * @throws when the loss or a gradient is not a number, naming the step and the data set; the weights are then those before that step
 */
export async function* trainingLoop(options: LoopOptions): AsyncGenerator<StepEvent> {
  const { session, sources, combine, optimiser, average, weights, schedule, steps, signal, ranks = oneRank, seed = 0 } = options;
  // What one process is in the middle of can be left at once.
  const stop = ranks.size === 1 ? signal : undefined;
  const fed = Object.fromEntries([...weights].map(([path, data]) => [path, { dtype: "float32", shape: options.shapes.get(path)!, data } as const]));
  for (let step = options.firstStep; step < steps; step++) {
    // Several ranks tell each other in the step, since they have to stop at the same one.
    if (stop?.aborted === true) return;
    const started = performance.now();
    const present = sources.filter(({ from = 0, until = Number.POSITIVE_INFINITY }) => step >= from && step < until);
    if (present.length === 0) throw new Error(`no data set takes part in step ${step + 1}; look at "from" and "until" of the config's data`);
    const active = activeSources(combine, present, step, seed);
    const learnt = await unlessStopped(stepGradients({ session, fed, sources: active, merged: combine === "merged", step, ranks, signal }), stop).catch(
      (error: unknown) => {
        if (stop?.aborted === true && error === stop.reason) return undefined;
        throw error;
      },
    );
    if (learnt === undefined) return;
    const { gradients, losses, tokens, pictures } = learnt;
    for (const [name, loss] of Object.entries(losses)) {
      if (!Number.isFinite(loss))
        throw new NotFiniteError(`the loss of "${name}" became ${loss} at step ${step + 1}: lower the learning rate or the clipping norm and resume`);
    }
    const rate = schedule(step);
    const { gradientNorm } = optimiser.step(gradients, rate);
    // The next step needs their memory.
    for (const data of gradients.values()) free({ data });
    if (options.zero === true) await gatherRanges(ranks, weights.values());
    average?.update(weights);
    const gates = (step + 1) % gatesEvery === 0 || step + 1 === steps ? openGates(weights) : undefined;
    yield {
      type: "step",
      step: step + 1,
      steps,
      losses,
      learningRate: rate,
      gradientNorm,
      tokens,
      pictures,
      seconds: (performance.now() - started) / 1000,
      ...(gates === undefined ? {} : { gates }),
    };
  }
}
