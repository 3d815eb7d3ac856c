/** One training step of a shape, in the real training loop: what is profiled here, and timed beside PyTorch. */
import nano from "../recipes/nano/model.ts";
import small from "../recipes/small/model.ts";
import { ggufLanguage, readGgufLanguage } from "../src/checkpoint/published/gguf/language.ts";
import { openWeightsAt } from "../src/checkpoint/weights.ts";
import { mediaView } from "../src/data/media-view.ts";
import { Random } from "../src/data/random.ts";
import { toOnnx } from "../src/graph/graph.ts";
import { type FlamingoConfig, type FlamingoConfigInput, parseFlamingoConfig } from "../src/model/config.ts";
import { Flamingo } from "../src/model/flamingo.ts";
import { TrainingGraphs } from "../src/model/training-graphs.ts";
import { initialValues } from "../src/nn/initialisers.ts";
import { AdamW } from "../src/nn/optimiser.ts";
import { formatsOf } from "../src/nn/scope.ts";
import { type HostTensor, type Runtime, type Session, shared } from "../src/runtime/runtime.ts";
import { type StepEvent, trainingLoop } from "../src/train/loop.ts";
import { smollm2File } from "../tools/smollm2-file.ts";
import { int64, randomModel } from "./random-model.ts";

/** About ten times the weights of nano's language side. */
const large = {
  ...nano,
  resampler: { ...nano.resampler, width: 512, heads: 8, headDim: 64, latents: 32 },
  language: { ...nano.language, width: 768, blocks: 8, heads: 12, hidden: 2048 },
  fusion: { ...nano.fusion, heads: 8, headDim: 64 },
} satisfies FlamingoConfigInput;

export const trainingShapes = ["nano", "ten times nano", "SmolLM2-135M"] as const;
export type TrainingShape = (typeof trainingShapes)[number];

export const trainingBatchSize = { rows: 8, mediaPerRow: 16, tokens: 192 } as const;

export interface TrainedModel {
  readonly config: FlamingoConfig;
  readonly network: Flamingo;
  readonly weights: ReadonlyMap<string, HostTensor>;
}

/** @param blocks - whether SmolLM2 is as its file has it, in blocks of 4 bits, else in float32 */
export async function modelOf(shape: TrainingShape, blocks: boolean): Promise<TrainedModel> {
  const config = parseFlamingoConfig(shape === "nano" ? nano : shape === "ten times nano" ? large : small);
  if (shape !== "SmolLM2-135M") return { config, ...randomModel(config) };
  const weights = new Map<string, HostTensor>();
  const { file, close } = await openWeightsAt(smollm2File);
  for await (const [path, tensor] of readGgufLanguage(file, await ggufLanguage(file, smollm2File), smollm2File, blocks)) weights.set(path, shared(tensor));
  await close();
  const network = new Flamingo(config, formatsOf(weights));
  for (const [path, tensor] of network.parameters())
    if (!weights.has(path)) weights.set(path, shared({ dtype: "float32", shape: tensor.shape as readonly number[], data: initialValues(tensor, 1) }));
  return { config, network, weights };
}

export interface OpenedTraining {
  readonly session: Session;
  readonly loop: AsyncGenerator<StepEvent>;
  /** Milliseconds in the engine so far. */
  inSession(): number;
}

/**
 * Compiles the step of what is trained, with the optimiser that `flamingo train` has.
 * @param recompute - as `train.recompute` of a config
 */
export async function openTraining(
  { network, weights }: TrainedModel,
  batch: Readonly<Record<string, HostTensor>>,
  runtime: Runtime,
  steps: number,
  recompute = false,
): Promise<OpenedTraining> {
  const outputs = new TrainingGraphs(network).training({ labels: "rows", recompute });
  const trained = [...weights].filter(([path]) => `gradient.${path}` in outputs);
  const session = await runtime.compile(toOnnx({ outputs, parameterIsInput: (path) => `gradient.${path}` in outputs }), weights);
  const trainedWeights = new Map(trained.map(([path, { data }]) => [path, data as Float32Array]));
  let milliseconds = 0;
  const timed: Pick<Session, "run"> = {
    async run(...values) {
      const started = performance.now();
      const results = await session.run(...values);
      milliseconds += performance.now() - started;
      return results;
    },
  };
  const { rows, tokens, mediaPerRow } = trainingBatchSize;
  const loop = trainingLoop({
    session: timed,
    weights: trainedWeights,
    shapes: new Map(trained.map(([path, { shape }]) => [path, shape])),
    sources: [
      {
        name: "bench",
        weight: 1,
        batch: () =>
          Promise.resolve([{ labels: batch["labels"]!.shape[0]!, tokens: rows * tokens, pictures: rows * mediaPerRow, feeds: () => Promise.resolve(batch) }]),
      },
    ],
    combine: "accumulation",
    optimiser: new AdamW(trainedWeights, { groupOf: () => ({ weightDecay: 0.1 }), clipNorm: 1 }),
    schedule: () => 1e-5,
    firstStep: 0,
    steps,
  });
  return { session, loop, inSession: () => milliseconds };
}

/** Every text sees pictures in turn, each for as many tokens; every fourth position is learnt. */
export function trainingBatch({ network: { vision }, config }: TrainedModel): Record<string, HostTensor> {
  const { rows, tokens, mediaPerRow } = trainingBatchSize;
  const segment = tokens / mediaPerRow;
  const row = { mediaOf: Array.from({ length: tokens }, (_, token) => Math.floor(token / segment)) };
  const positions = Array.from({ length: rows * tokens }, (_, i) => i).filter((i) => i % 4 === 3);
  const { vocabulary } = config.language;
  const shape = [rows * mediaPerRow, 1, vision.spatial, vision.width];
  // The same ones in every process.
  const random = new Random("bench");
  return {
    features: { dtype: "float32", shape, data: Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => random.between(-1, 1)) },
    tokens: int64(
      [rows, tokens],
      Array.from({ length: rows * tokens }, (_, i) => (31 * i) % vocabulary),
    ),
    rows: int64([positions.length], positions),
    labels: int64(
      [positions.length],
      positions.map((i) => (17 * i) % vocabulary),
    ),
    labelWeights: { dtype: "float32", shape: [positions.length], data: new Float32Array(positions.length).fill(1) },
    ...mediaView(
      Array.from({ length: rows }, () => row),
      { tokens, attend: "last" },
    ),
  };
}
