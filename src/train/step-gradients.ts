/** What one step learns from: the gradients of all data sets that take part, over all parts of their batches and all ranks. */
import { globalNorm } from "../nn/gradient-clipping.ts";
import { free, type HostTensor, type Session } from "../runtime/runtime.ts";
import type { ActiveSource } from "./combine.ts";
import type { Ranks } from "./distribute/ranks.ts";
import { sumTogether } from "./distribute/sum-together.ts";
import type { BatchPart } from "./training-source.ts";

/** Arrays that nobody else holds. */
export type Gradients = Map<string, Float32Array>;

export interface StepGradients {
  /** `Σ λ · gradient of the data set's mean loss`, the same on every rank. */
  readonly gradients: Gradients;
  /** Mean loss per label, by data set. */
  readonly losses: Readonly<Record<string, number>>;
  /** Of all ranks. */
  readonly tokens: number;
  readonly pictures: number;
}

export interface StepGradientsOptions {
  readonly session: Pick<Session, "run">;
  /** The trained weights, as they are fed. */
  readonly fed: Readonly<Record<string, HostTensor>>;
  /** Those that take part. */
  readonly sources: readonly ActiveSource[];
  /** Whether all of them are one batch, whose loss is a mean over the labels of all: their weights have decided how many rows of each there are. */
  readonly merged: boolean;
  readonly step: number;
  readonly ranks: Ranks;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The loss of a data set is a mean over the labels of its batch. So each part of a batch counts by its labels, of which first all ranks tell each other how many they have: then several parts, or several
 * ranks, give what one would give with the whole batch.
 * @returns undefined when one of the ranks was told to stop
 */
export async function stepGradients(options: StepGradientsOptions): Promise<StepGradients | undefined> {
  const { session, fed, sources, merged, step, ranks, signal } = options;
  const batches: (readonly BatchPart[])[] = [];
  for (const { source, rows } of sources) batches.push(await source.batch(step, rows));
  const count = (of: (part: BatchPart) => number, parts: readonly BatchPart[]): number => parts.reduce((sum, part) => sum + of(part), 0);
  const told = [
    signal?.aborted === true ? 1 : 0,
    count(({ tokens }) => tokens, batches.flat()),
    count(({ pictures }) => pictures, batches.flat()),
    ...batches.map((parts) => count(({ labels }) => labels, parts)),
  ];
  const [stop, tokens, pictures, ...labels] = await summed(ranks, told);
  if (stop! > 0) return undefined;

  const losses = sources.map(() => 0);
  const together: Gradients = new Map();
  const clipped: Gradients = new Map();
  const all = Math.max(
    1,
    labels.reduce((sum, each) => sum + each, 0),
  );
  for (const [i, { source }] of sources.entries()) {
    const { clipNorm } = source;
    const weight = merged ? labels[i]! / all : source.weight;
    const gradients: Gradients = clipNorm === undefined ? together : new Map();
    for (const part of batches[i]!) {
      // One process is not waited for any more then.
      if (ranks.size === 1 && signal?.aborted === true) return undefined;
      const results = await session.run({ ...fed, ...(await part.feeds()) });
      const share = part.labels / Math.max(1, labels[i]!);
      losses[i]! += share * (results["loss"]!.data[0] as number);
      for (const path of Object.keys(fed)) {
        accumulate(gradients, path, results[`gradient.${path}`]!.data as Float32Array, clipNorm === undefined ? weight * share : share);
      }
    }
    if (clipNorm === undefined) continue;
    await sumTogether(ranks, gradients.values());
    const scale = weight * Math.min(1, clipNorm / globalNorm(gradients));
    for (const [path, gradient] of gradients) accumulate(clipped, path, gradient, scale);
  }
  if (together.size > 0) await sumTogether(ranks, together.values());
  for (const [path, gradient] of clipped) accumulate(together, path, gradient, 1);
  const meanLosses = await summed(ranks, losses);
  return {
    gradients: together,
    losses: Object.fromEntries(sources.map(({ source }, i) => [source.name, meanLosses[i]!])),
    tokens: tokens!,
    pictures: pictures!,
  };
}

async function summed(ranks: Ranks, values: readonly number[]): Promise<number[]> {
  if (ranks.size === 1) return [...values];
  const sums = Float32Array.from(values);
  await ranks.sum(sums);
  return [...sums];
}

/** Adds `weight · gradient`, whose array is taken over: nobody else holds it. */
function accumulate(total: Gradients, path: string, gradient: Float32Array, weight: number): void {
  const sum = total.get(path);
  if (sum === undefined) {
    if (weight !== 1) for (let i = 0; i < gradient.length; i++) gradient[i]! *= weight;
    total.set(path, gradient);
    return;
  }
  for (let i = 0; i < gradient.length; i++) sum[i]! += weight * gradient[i]!;
  free({ data: gradient });
}
