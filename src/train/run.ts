import { ConfigError } from "../model/strict-config.ts";
import { NotFiniteError } from "../nn/gradient-clipping.ts";
import { AdamW } from "../nn/optimiser.ts";
import { groupsByPath, idleRules } from "../nn/parameter-groups.ts";
import { learningRate } from "../nn/schedule.ts";
import { WeightAverage } from "../nn/weight-average.ts";
import { type HostTensor, holdsNoNumbers } from "../runtime/runtime.ts";
import { gatherText } from "./distribute/gather-text.ts";
import { oneRank } from "./distribute/ranks.ts";
import { ownRange, wholeState } from "./distribute/zero.ts";
import { type StepEvent, trainingLoop } from "./loop.ts";
import { dataPositions, type ResumeOptions, type RunState, readCheckpoint, writeCheckpoint } from "./run-checkpoint.ts";
import type { RunFiles } from "./run-files.ts";
import { type Stage, type StageRun, stageOf } from "./stage.ts";
import type { TrainingConfig } from "./training-config.ts";
import type { Feeds, TrainingSource } from "./training-source.ts";
import { Validation, type ValidationEvent, type ValidationSet } from "./validation.ts";

export interface StartEvent {
  readonly type: "start";
  /** Parameters that are learnt, and those that take part without changing. */
  readonly trained: number;
  readonly frozen: number;
  /** Steps done before: not 0 when resumed. */
  readonly step: number;
  readonly steps: number;
  /** What the config changes of the run that it goes on from, one change a line. */
  readonly changes: readonly string[];
}

export interface SavedEvent {
  readonly type: "saved";
  readonly step: number;
}

/** It was told to stop, and what was done is saved. What it was in the middle of may go on for a moment after this event. */
export interface StoppedEvent {
  readonly type: "stopped";
  readonly step: number;
}

export type TrainingEvent = StartEvent | StepEvent | SavedEvent | StoppedEvent | ValidationEvent;

export interface TrainingRun extends StageRun {
  readonly sources: readonly TrainingSource[];
  readonly files: RunFiles;
  /** Whether to go on from the run's checkpoint, and how. */
  readonly resume: boolean | ResumeOptions;
  /** Ends the run with a checkpoint: of one process at once, of several after the step in progress. */
  readonly signal?: AbortSignal | undefined;
  /** What is looked at while the run lasts, where the config says so; on every rank the same. Default: nothing. */
  readonly validation?: readonly ValidationSet[] | undefined;
}

/**
 * Trains what the config's stage trains, and saves a checkpoint every `saveEvery` steps, at the end, when told to stop, and when it cannot go on: then that of the last step that was done.
 * @returns the trained weights, or their average where the config asks for one; with a validation those with the smallest loss
 * @throws when a frozen part has no weights, a weight to begin with is no number, when there is nothing to resume from, or the loss or a gradient is not finite
 */
export async function* train(run: TrainingRun): AsyncGenerator<TrainingEvent, ReadonlyMap<string, HostTensor>> {
  const { config, files, signal, ranks = oneRank } = run;
  const { steps, saveEvery, keep, zero } = config.train;
  const { stage, ...state } = beginning(run);
  const { weights, shapes, optimiser, average } = state;
  const resumed =
    run.resume === false ? { step: 0, changes: [] } : await readCheckpoint(files, config, state, run.sources, ranks, run.resume === true ? {} : run.resume);
  const session = await stage.compile();
  const every = validationOf(config)?.every;
  const validation = every === undefined ? undefined : new Validation(await stage.compileScoring!(), run.validation ?? [], validationOf(config)!.patience);
  if (resumed.step > 0) await validation?.read(files);
  yield { type: "start", trained: elements(shapes.values()), frozen: stage.frozenCount, steps, ...resumed };
  const schedule = { ...config.optimiser, peak: config.optimiser.learningRate, steps };
  const loop = trainingLoop({
    session,
    weights,
    shapes,
    sources: run.sources,
    combine: config.combine,
    seed: config.train.seed,
    optimiser,
    average,
    zero,
    schedule: (step) => learningRate(step + 1, schedule),
    firstStep: resumed.step,
    steps,
    signal,
    ranks,
  });
  let saved = resumed.step;
  let done = resumed.step;
  // Of the last step that was done: one that is left in the middle has taken batches already.
  let position = dataPositions(run.sources);
  const save = async (): Promise<SavedEvent> => {
    saved = done;
    const positions = await gatherText(ranks, position);
    const optimiserState = zero ? await wholeState(ranks, optimiser.state(), weights) : optimiser.state();
    if (ranks.rank === 0) await writeCheckpoint(files, config, done, state, optimiserState, positions);
    if (ranks.rank === 0) await validation?.write(files, shapes);
    return { type: "saved", step: done };
  };
  const current = average?.values ?? weights;
  const looked: Feeds = Object.fromEntries([...current].map(([path, data]) => [path, { dtype: "float32", shape: shapes.get(path)!, data }]));
  try {
    if (resumed.step === 0) yield* validation?.before(current, looked) ?? [];
    for await (const event of validation?.ended === true ? [] : loop) {
      done = event.step;
      position = dataPositions(run.sources);
      yield event;
      validation?.seen(event.losses);
      const looks = validation !== undefined && (done % every! === 0 || done === steps);
      if (looks) yield await validation.look(done, current, looked);
      if (looks && validation.ended) break;
      if (done % saveEvery === 0 || done === steps || (keep.every !== undefined && done % keep.every === 0)) yield await save();
    }
    if (saved !== done) yield await save();
    // This rank was told to stop, or another one.
    if (done < steps && validation?.ended !== true) yield { type: "stopped", step: done };
  } catch (error) {
    // What is not a number is so on every rank; of other faults the others do not know, and would not come to save with this one.
    if (saved !== done && (ranks.size === 1 || error instanceof NotFiniteError)) {
      yield await save().catch((failure: Error) => {
        throw new Error(`${(error as Error).message}; and then: ${failure.message}`, { cause: error });
      });
    }
    throw error;
  } finally {
    await session.dispose();
    await validation?.dispose();
    for (const source of run.sources) await source.close?.();
  }
  return new Map([...(validation?.bestOf(current) ?? current)].map(([path, data]) => [path, { dtype: "float32", shape: shapes.get(path)!, data }]));
}

function validationOf(config: TrainingRun["config"]): TrainingConfig["validation"] {
  return config.stage === "contrastive" ? undefined : config.validation;
}

type Beginning = RunState & { readonly stage: Stage };

function beginning(run: TrainingRun): Beginning {
  const { learningRate: _, groups, rates, clipNorm, weightDecay, adaptiveClip, averageDecay, ...options } = run.config.optimiser;
  const broken = [...run.initial].find(([, tensor]) => holdsNoNumbers(tensor))?.[0];
  if (broken !== undefined)
    throw new Error(
      `the weight ${broken} that the run begins with holds values that are no numbers (NaN or Infinity); name another file in the config's "parts"`,
    );
  const stage = stageOf(run);
  const weights = new Map(stage.trained.map((tensor) => [tensor.path, tensor.data]));
  const shapes = new Map(stage.trained.map(({ path, shape }) => [path, shape]));
  const [idle] = idleRules(groups, weights.keys());
  if (idle !== undefined)
    throw new ConfigError(
      `training config: "optimiser.groups" has a rule for "${idle.paths}", which is in no path that is trained; there are such as ${[...weights.keys()].slice(0, 3).join(", ")}`,
    );
  const shares: Readonly<Record<string, number>> = rates;
  const trainedParts = new Set([...weights.keys()].map(partOf));
  const untrained = Object.keys(rates).find((part) => !trainedParts.has(part));
  if (untrained !== undefined)
    throw new ConfigError(
      `training config: "optimiser.rates.${untrained}" is the learning rate of a part that is not trained here; there are ${[...trainedParts].join(", ")}`,
    );
  const optimiser = new AdamW(weights, {
    ...options,
    shapes,
    clipNorm: clipNorm ?? (adaptiveClip === undefined ? 1 : Number.POSITIVE_INFINITY),
    groupOf: groupsByPath(groups, { weightDecay, adaptiveClip }),
    shareOf: (path) => shares[partOf(path)] ?? 1,
    ...(run.config.train.zero ? { rangeOf: ownRange(run.ranks ?? oneRank) } : {}),
  });
  return { stage, weights, shapes, optimiser, average: averageDecay === undefined ? undefined : new WeightAverage(weights, averageDecay) };
}

function elements(shapes: Iterable<readonly number[]>): number {
  return [...shapes].reduce((total, shape) => total + shape.reduce((product, size) => product * size, 1), 0);
}

/** The part of a model that a weight belongs to: its path begins with it. */
function partOf(path: string): string {
  return path.slice(0, path.indexOf("."));
}
