/** A training step of the contrastive pair on a batch of any size: in pieces that fit into memory, and over all processes of the run. */
import { toOnnx } from "../graph/graph.ts";
import type { ContrastivePair } from "../model/contrastive/contrastive-pair.ts";
import type { HostTensor, Runtime, Session } from "../runtime/runtime.ts";
import type { Ranks } from "./distribute/ranks.ts";

export interface ContrastiveStepOptions {
  readonly pair: ContrastivePair;
  readonly runtime: Runtime;
  /** Pieces in which a batch goes through the towers, so much less of it in memory at once. */
  readonly pieces: number;
  readonly ranks: Ranks;
  /** Whether the backward pass computes layers again in the place of keeping what is in them. Default: false. */
  readonly recompute?: boolean;
  /** How errors call it. */
  readonly name: string;
}

export type ContrastiveStep = Pick<Session, "dispose"> & {
  /**
   * Feeds: trained weights by path; `pixels` uint8 [pairs, height, width, 3], `tokens` [pairs, tokens], `lengths` [pairs] of this process. Gives the `loss` of the batch of all processes, and
   * `gradient.{path}`, whose mean over the processes is its derivative. Every process has as many pairs.
   */
  run(feeds: Feeds): Promise<Results>;
};

type Feeds = Readonly<Record<string, HostTensor>>;
type Results = Record<string, HostTensor>;

const batchNames = ["pixels", "tokens", "lengths"] as const;
const temperature = "contrast.logInverseTemperature";

/** One graph does it all where there is one process and one piece. Else each picture is encoded twice, which costs a third more. */
export async function contrastiveStep(options: ContrastiveStepOptions): Promise<ContrastiveStep> {
  const { pair, runtime, pieces: count, ranks, name, recompute = false } = options;
  const compile = (outputs: Parameters<typeof toOnnx>[0]["outputs"], part: string): Promise<Session> =>
    runtime.compile(toOnnx({ outputs, parameterIsInput: () => true }), new Map(), { name: `${part} of ${name}` });
  if (count === 1 && ranks.size === 1) return compile(pair.training({ recompute }), "the training step");
  const embedding = await compile({ ...pair.embedding() }, "the embeddings");
  const agreement = await compile(pair.agreement(), "the loss");
  const backward = await compile(pair.backward({ recompute }), "the derivative");
  const { width } = pair.config;

  return {
    async run(feeds) {
      const weights = Object.fromEntries(Object.entries(feeds).filter(([path]) => !(batchNames as readonly string[]).includes(path)));
      const pieces = inPieces(feeds, count);
      const pairs = feeds["lengths"]!.shape[0]!;
      const own = { pictures: new Float32Array(pairs * width), texts: new Float32Array(pairs * width) };
      for (const { first, batch } of pieces) {
        const embedded = await embedding.run({ ...only(embedding, weights), ...batch });
        for (const side of ["pictures", "texts"] as const) own[side].set(embedded[side]!.data as Float32Array, first * width);
      }
      const all = await gathered(own, width, ranks);
      const { loss, ...derivatives } = await agreement.run({ ...only(agreement, weights), ...all });
      // Rows of other processes are theirs to differentiate. The mean over processes divides by how many there are.
      const ofOwn = (side: "pictures" | "texts"): Float32Array => {
        const begin = ranks.rank * pairs * width;
        return (derivatives[`gradient.${side}`]!.data as Float32Array).subarray(begin, begin + pairs * width).map((value) => value * ranks.size);
      };
      const gradients = { pictures: ofOwn("pictures"), texts: ofOwn("texts") };
      const results: Results = { loss: loss!, [`gradient.${temperature}`]: derivatives[`gradient.${temperature}`]! };
      for (const { first, count, batch } of pieces) {
        const rows = (values: Float32Array): HostTensor => ({
          dtype: "float32",
          shape: [count, width],
          data: values.subarray(first * width, (first + count) * width),
        });
        const derived = await backward.run({
          ...only(backward, weights),
          ...batch,
          pictureGradients: rows(gradients.pictures),
          textGradients: rows(gradients.texts),
        });
        for (const [path, tensor] of Object.entries(derived)) addTo(results, path, tensor);
      }
      return results;
    },
    async dispose() {
      for (const session of [embedding, agreement, backward]) await session.dispose();
    },
  };
}

interface Piece {
  /** Place of its first pair in the batch. */
  readonly first: number;
  readonly count: number;
  readonly batch: Feeds;
}

function inPieces(feeds: Feeds, most: number): readonly Piece[] {
  const pairs = feeds["lengths"]!.shape[0]!;
  const step = Math.ceil(pairs / most);
  return Array.from({ length: Math.ceil(pairs / step) }, (_, i) => {
    const first = i * step;
    const count = Math.min(step, pairs - first);
    return { first, count, batch: Object.fromEntries(batchNames.map((name) => [name, rowsOf(feeds[name]!, first, count)])) };
  });
}

function rowsOf({ dtype, shape, data }: HostTensor, first: number, count: number): HostTensor {
  const row = data.length / shape[0]!;
  return { dtype, shape: [count, ...shape.slice(1)], data: data.subarray(first * row, (first + count) * row) };
}

async function gathered(own: Readonly<Record<"pictures" | "texts", Float32Array>>, width: number, ranks: Ranks): Promise<Feeds> {
  const tensor = (data: Float32Array): HostTensor => ({ dtype: "float32", shape: [data.length / width, width], data });
  const pictures = ranks.size === 1 ? own.pictures : await ranks.gather(own.pictures);
  const texts = ranks.size === 1 ? own.texts : await ranks.gather(own.texts);
  return { pictures: tensor(pictures), texts: tensor(texts) };
}

/** The weights that this graph has. */
function only({ inputs }: Session, weights: Feeds): Feeds {
  return Object.fromEntries(inputs.flatMap(({ name }) => (weights[name] === undefined ? [] : [[name, weights[name]] as const])));
}

function addTo(results: Results, path: string, tensor: HostTensor): void {
  const sum = results[path]?.data as Float32Array | undefined;
  if (sum === undefined) {
    results[path] = tensor;
    return;
  }
  const values = tensor.data as Float32Array;
  for (let i = 0; i < sum.length; i++) sum[i]! += values[i]!;
}
