/** What a stage of training trains, and the graph of its step. */
import { type Tensor, toOnnx } from "../graph/graph.ts";
import { ContrastivePair } from "../model/contrastive/contrastive-pair.ts";
import { PicturePair } from "../model/contrastive/picture-pair.ts";
import { Flamingo } from "../model/flamingo.ts";
import type { Outputs } from "../model/flamingo-graphs.ts";
import { countParameters } from "../model/parameters.ts";
import { TrainingGraphs } from "../model/training-graphs.ts";
import { initialValues } from "../nn/initialisers.ts";
import { formatsOf, storedParts } from "../nn/scope.ts";
import { type HostTensor, type Runtime, type Session, sharedTensor } from "../runtime/runtime.ts";
import type { ContrastiveTrainingConfig, RunConfig } from "./contrastive-config.ts";
import { contrastiveStep } from "./contrastive-step.ts";
import { oneRank, type Ranks } from "./distribute/ranks.ts";
import type { TrainingConfig } from "./training-config.ts";

/** What a run's stage is made of. */
export interface StageRun {
  readonly config: RunConfig;
  /** Weights to begin with, by path; those that are missing begin at random. */
  readonly initial: ReadonlyMap<string, HostTensor>;
  readonly runtime: Runtime;
  /** The processes that train together. All of them read the checkpoint and give events; the first one alone writes. Default: this one alone. */
  readonly ranks?: Ranks | undefined;
}

interface TrainedTensor {
  readonly path: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface Stage {
  readonly trained: readonly TrainedTensor[];
  /** Frozen parameters that take part, whatever they are stored as. */
  readonly frozenCount: number;
  /** What a step runs. */
  compile(): Promise<Pick<Session, "run" | "dispose">>;
  /** What looks at what was learnt, where that can be. */
  compileScoring?(): Promise<Session>;
}

/** @throws when a frozen part has no weights */
export function stageOf(run: StageRun): Stage {
  return run.config.stage === "contrastive" ? pairStage(run, run.config) : graphStage(run, run.config);
}

/** Of parts of a Flamingo: one graph, whose inputs the trained weights are; frozen ones lie beside it. */
function graphStage({ initial, runtime }: StageRun, config: TrainingConfig): Stage {
  const { model, outputs } = stageOutputs(config, initial);
  const trains = (path: string): boolean => `gradient.${path}` in outputs;
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
  return {
    trained: trainedTensors(
      [...model.parameters()].filter(([path]) => trains(path)),
      initial,
      config.train.seed,
    ),
    frozenCount: countParameters(frozenWeights.map(([, weight]) => weight)),
    compile: () => runtime.compile(graph, initial, { name: `the training step of ${config.name}` }),
    compileScoring: () => {
      if (!(model instanceof Flamingo)) throw new Error("pairs of pictures have no answers to look at");
      const scoring = new TrainingGraphs(model).scoring({ alone: config.stage === "language" });
      return runtime.compile(toOnnx({ outputs: scoring, parameterIsInput: trains }), initial, { name: `the validation of ${config.name}` });
    },
  };
}

/** Of a vision and a text tower: everything is trained. */
function pairStage({ initial, runtime, ranks = oneRank }: StageRun, { name, model, preprocessing, train }: ContrastiveTrainingConfig): Stage {
  const { mean, deviation } = preprocessing;
  if (mean === undefined || deviation === undefined) throw new Error(`the config "${name}" does not say how pixels are normalised`);
  const pair = new ContrastivePair(model, { mean, deviation });
  return {
    trained: trainedTensors([...pair.parameters()], initial, train.seed),
    frozenCount: 0,
    compile: () => contrastiveStep({ pair, runtime, pieces: train.microBatches, ranks, recompute: train.recompute, name }),
  };
}

function trainedTensors(parameters: readonly (readonly [path: string, tensor: Tensor])[], initial: StageRun["initial"], seed: number): TrainedTensor[] {
  return parameters.map(([path, tensor]) => {
    const given = initial.get(path);
    // A copy, since training changes it in place, in memory that the runtime's worker sees.
    const shape = tensor.shape as readonly number[];
    const data = sharedTensor("float32", shape).data as Float32Array;
    data.set((given?.data as Float32Array | undefined) ?? initialValues(tensor, seed));
    return { path, shape, data };
  });
}

function stageOutputs(
  { stage, model: config, train: { recompute } }: TrainingConfig,
  initial: StageRun["initial"],
): { model: Flamingo | PicturePair; outputs: Outputs } {
  if (stage === "resampler") {
    const model = new PicturePair(config);
    return { model, outputs: model.training({ recompute }) };
  }
  const model = new Flamingo(config, formatsOf(initial));
  const options = { labels: "rows", recompute } as const;
  const graphs = new TrainingGraphs(model);
  return { model, outputs: stage === "language" ? graphs.languageTraining(options) : graphs.training(options) };
}
