import { type OnnxGraph, toOnnx } from "../graph/graph.ts";
import { PicturePair } from "../model/contrastive/picture-pair.ts";
import { Flamingo } from "../model/flamingo.ts";
import type { Outputs } from "../model/flamingo-graphs.ts";
import { countParameters } from "../model/parameters.ts";
import { initialValues } from "../nn/initialisers.ts";
import { AdamW, groupsByPath } from "../nn/optimiser.ts";
import { learningRate } from "../nn/schedule.ts";
import { formatsOf, storedParts } from "../nn/scope.ts";
import { type HostTensor, holdsNoNumbers, type Runtime } from "../runtime/runtime.ts";
import { gatherText } from "./distribute/gather-text.ts";
import { oneRank, type Ranks } from "./distribute/ranks.ts";
import { type StepEvent, trainingLoop } from "./loop.ts";
import { dataPositions, type RunFiles, readCheckpoint, writeCheckpoint } from "./run-checkpoint.ts";
import type { TrainingConfig } from "./training-config.ts";
import type { TrainingSource } from "./training-source.ts";

export interface StartEvent {
  readonly type: "start";
  /** Parameters that are learnt, and those that take part without changing. */
  readonly trained: number;
  readonly frozen: number;
  /** Steps done before: not 0 when resumed. */
  readonly step: number;
  readonly steps: number;
}

export interface SavedEvent {
  readonly type: "saved";
  readonly step: number;
}

export type TrainingEvent = StartEvent | StepEvent | SavedEvent;

export interface TrainingRun {
  readonly config: TrainingConfig;
  readonly sources: readonly TrainingSource[];
  /** Weights to begin with, by path; those that are missing begin at random. */
  readonly initial: ReadonlyMap<string, HostTensor>;
  readonly runtime: Runtime;
  readonly files: RunFiles;
  /** Whether to go on from the run's checkpoint. */
  readonly resume: boolean;
  /** Ends the run after the step in progress, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
  /** The processes that train together. All of them read the checkpoint and give events; the first one alone writes. Default: this one alone. */
  readonly ranks?: Ranks | undefined;
}

/**
 * Trains what the config's stage trains, and saves a checkpoint every `saveEvery` steps, at the end, and when told to stop.
 * @returns the trained weights
 * @throws when a frozen part has no weights, a weight to begin with is no number, when there is nothing to resume from, or the loss or a gradient is not finite
 */
export async function* train(run: TrainingRun): AsyncGenerator<TrainingEvent, ReadonlyMap<string, HostTensor>> {
  const { config, runtime, files, signal, ranks = oneRank } = run;
  const broken = [...run.initial].find(([, tensor]) => holdsNoNumbers(tensor))?.[0];
  if (broken !== undefined)
    throw new Error(
      `the weight ${broken} that the run begins with holds values that are no numbers (NaN or Infinity); name another file in the config's "parts"`,
    );
  const { graph, trained, frozen, frozenCount } = stageGraph(run);
  const weights = new Map(trained.map((tensor) => [tensor.path, tensor.data]));
  const shapes = new Map(trained.map(({ path, shape }) => [path, shape]));
  const optimiser = new AdamW(weights, { ...config.optimiser, groupOf: groupsByPath(config.optimiser.groups, config.optimiser) });
  const firstStep = run.resume ? await readCheckpoint(files, config, weights, optimiser, run.sources, ranks) : 0;
  const session = await runtime.compile(graph, frozen, { name: `the training step of ${config.name}` });
  const { steps, saveEvery } = config.train;
  yield {
    type: "start",
    trained: elements(shapes.values()),
    frozen: frozenCount,
    step: firstStep,
    steps,
  };
  const schedule = { ...config.optimiser, peak: config.optimiser.learningRate, steps };
  const loop = trainingLoop({
    session,
    weights,
    shapes,
    sources: run.sources,
    combine: config.combine,
    optimiser,
    schedule: (step) => learningRate(step + 1, schedule),
    firstStep,
    steps,
    signal,
    ranks,
  });
  // Of the last step that was done: one that is stopped in the middle has taken batches already.
  let position = dataPositions(run.sources);
  const save = async (): Promise<SavedEvent> => {
    const positions = await gatherText(ranks, position);
    if (ranks.rank === 0) await writeCheckpoint(files, config, done, weights, shapes, optimiser, positions);
    return { type: "saved", step: done };
  };
  let saved = firstStep;
  let done = firstStep;
  try {
    for await (const event of loop) {
      done = event.step;
      position = dataPositions(run.sources);
      yield event;
      if (done % saveEvery !== 0 && done !== steps) continue;
      yield await save();
      saved = done;
    }
    if (saved !== done) yield await save();
  } finally {
    await session.dispose();
    for (const source of run.sources) await source.close?.();
  }
  return new Map([...weights].map(([path, data]) => [path, { dtype: "float32", shape: shapes.get(path)!, data }]));
}

interface TrainedTensor {
  readonly path: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

interface StageGraph {
  readonly graph: OnnxGraph;
  readonly trained: readonly TrainedTensor[];
  readonly frozen: ReadonlyMap<string, HostTensor>;
  /** Frozen parameters that take part, whatever they are stored as. */
  readonly frozenCount: number;
}

/** The step's graph; trained weights are its inputs, frozen ones lie beside it. */
function stageGraph({ config, initial }: TrainingRun): StageGraph {
  const { model, outputs } = stageOutputs(config, initial);
  const trains = (path: string): boolean => `gradient.${path}` in outputs;
  const trained = [...model.parameters()]
    .filter(([path]) => trains(path))
    .map(([path, tensor]): TrainedTensor => {
      const given = initial.get(path);
      // A copy: training changes it in place.
      return {
        path,
        shape: tensor.shape as readonly number[],
        data: given === undefined ? initialValues(tensor, config.train.seed) : Float32Array.from(given.data as Float32Array),
      };
    });
  const graph = toOnnx({ outputs, parameterIsInput: trains });
  const missing = graph.parameters.filter(({ path }) => !initial.has(path));
  if (missing.length > 0) {
    const names = missing.slice(0, 3).map(({ path }) => path);
    throw new Error(
      `frozen weights are missing: ${names.join(", ")}${missing.length > 3 ? ` and ${missing.length - 3} more` : ""}; name the file that holds them in the config's "parts", or train that part first`,
    );
  }
  const used = new Set(graph.parameters.map(({ path }) => path));
  const frozenWeights = [...model.weights()].filter(([path, weight]) => storedParts(path, weight).some(([part]) => used.has(part)));
  return { graph, trained, frozen: initial, frozenCount: countParameters(frozenWeights.map(([, weight]) => weight)) };
}

function stageOutputs({ stage, model: config }: TrainingConfig, initial: TrainingRun["initial"]): { model: Flamingo | PicturePair; outputs: Outputs } {
  if (stage === "contrastive") {
    const model = new PicturePair(config);
    return { model, outputs: model.training() };
  }
  const model = new Flamingo(config, formatsOf(initial));
  return { model, outputs: stage === "language" ? model.graphs.languageTraining({ labels: "rows" }) : model.graphs.training({ labels: "rows" }) };
}

function elements(shapes: Iterable<readonly number[]>): number {
  return [...shapes].reduce((total, shape) => total + shape.reduce((product, size) => product * size, 1), 0);
}
