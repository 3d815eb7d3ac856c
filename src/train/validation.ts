/** Looks at what a run has learnt, on data that it does not learn from; keeps the best weights, and says when to stop. */
import { readSafetensors, writeSafetensors } from "../checkpoint/safetensors.ts";
import type { HostTensor, Session } from "../runtime/runtime.ts";
import type { RunFiles } from "./run-files.ts";
import type { BatchPart, Feeds } from "./training-source.ts";

/** Examples of one data set, in batches, as training would be fed with them. */
export interface ValidationSet {
  readonly name: string;
  /** Examples before each question, of which nothing is asked. 0 of those that are looked at while training lasts. */
  readonly shots: number;
  readonly parts: readonly BatchPart[];
}

export interface Scores {
  /** Mean loss per label. */
  readonly loss: number;
  /** Share of answers (labels that follow one another) of which greedy decoding gives every token. */
  readonly exact: number;
}

export interface ValidationEvent {
  readonly type: "validation";
  readonly step: number;
  /** Examples before each question: 0, or before training also others. */
  readonly shots: number;
  /** Means over data sets. */
  readonly loss: number;
  readonly exact: number;
  readonly sets: Readonly<Record<string, Scores>>;
  /** Mean loss of the steps since the last look. */
  readonly trainingLoss?: number;
  /** Whether these are the best weights so far. */
  readonly best: boolean;
  /** Whether the run ends here. */
  readonly ends: boolean;
  /** What looks wrong. */
  readonly warning?: string;
}

interface Best {
  readonly step: number;
  readonly loss: number;
  readonly trainingLoss: number | undefined;
}

const file = "best.safetensors";
/** So much more than the smallest loss is said to be more. */
const risen = 1.1;

export class Validation {
  private readonly session: Session;
  private readonly sets: readonly ValidationSet[];
  private readonly patience: number;
  private best: Best | undefined;
  private bestWeights: ReadonlyMap<string, Float32Array> | undefined;
  private unimproved = 0;
  private readonly sinceLast: number[] = [];

  /**
   * @param session - gives `surprise` and `right` of every label; disposed of with this
   * @param patience - looks without a smaller loss after which the run ends
   */
  constructor(session: Session, sets: readonly ValidationSet[], patience: number) {
    this.session = session;
    this.sets = sets;
    this.patience = patience;
  }

  /** Whether the run has ended for want of a smaller loss. */
  get ended(): boolean {
    return this.unimproved >= this.patience;
  }

  /** Of a step of training: the mean over its data sets. */
  seen(losses: Readonly<Record<string, number>>): void {
    this.sinceLast.push(mean(Object.values(losses)));
  }

  /** What the model does before it is trained: by itself, and after examples. */
  async *before(weights: ReadonlyMap<string, Float32Array>, fed: Feeds): AsyncGenerator<ValidationEvent> {
    for (const shots of [...new Set(this.sets.map((set) => set.shots))].sort((a, b) => a - b)) {
      const scored = await this.scores(shots, fed);
      const best = shots === 0;
      if (best) this.keep(weights, { step: 0, loss: scored.loss, trainingLoss: undefined });
      yield { type: "validation", step: 0, shots, ...scored, best, ends: false };
    }
  }

  /** @param weights - after `step`; the best ones are copied @param fed - the same, as the session wants them */
  async look(step: number, weights: ReadonlyMap<string, Float32Array>, fed: Feeds): Promise<ValidationEvent> {
    const scored = await this.scores(0, fed);
    const trainingLoss = this.sinceLast.length === 0 ? undefined : mean(this.sinceLast.splice(0));
    const better = this.best === undefined || scored.loss < this.best.loss;
    const before = this.best;
    if (better) this.keep(weights, { step, loss: scored.loss, trainingLoss });
    this.unimproved = better ? 0 : this.unimproved + 1;
    const warning = better || before === undefined ? undefined : partingOf(before, scored.loss, trainingLoss);
    return {
      type: "validation",
      step,
      shots: 0,
      ...scored,
      ...(trainingLoss === undefined ? {} : { trainingLoss }),
      best: better,
      ends: this.ended,
      ...(warning === undefined ? {} : { warning }),
    };
  }

  /** The weights with the smallest loss. */
  bestOf(weights: ReadonlyMap<string, Float32Array>): ReadonlyMap<string, Float32Array> {
    return this.bestWeights ?? weights;
  }

  /** Keeps the best weights and how long ago they were, beside a checkpoint. */
  async write(files: RunFiles, shapes: ReadonlyMap<string, readonly number[]>): Promise<void> {
    if (this.best === undefined || this.bestWeights === undefined) return;
    const tensors = new Map([...this.bestWeights].map(([path, data]): [string, HostTensor] => [path, { dtype: "float32", shape: shapes.get(path)!, data }]));
    await files.write(file, writeSafetensors(tensors, { best: JSON.stringify({ ...this.best, unimproved: this.unimproved }) }));
  }

  /** Goes on from what was kept. */
  async read(files: RunFiles): Promise<void> {
    const bytes = await files.read(file);
    if (bytes === undefined) return;
    const { tensors, metadata } = readSafetensors(bytes, file);
    const { unimproved, ...best } = JSON.parse(metadata["best"] ?? "{}") as Best & { unimproved: number };
    this.best = best;
    this.unimproved = unimproved;
    this.bestWeights = new Map([...tensors].map(([path, { data }]) => [path, data as Float32Array]));
  }

  dispose(): Promise<void> {
    return this.session.dispose();
  }

  private keep(weights: ReadonlyMap<string, Float32Array>, best: Best): void {
    this.best = best;
    this.bestWeights = new Map([...weights].map(([path, data]) => [path, data.slice()]));
  }

  private async scores(shots: number, fed: Feeds): Promise<Scores & { readonly sets: Readonly<Record<string, Scores>> }> {
    const sets: Record<string, Scores> = {};
    for (const { name, parts, shots: own } of this.sets) if (own === shots) sets[name] = await this.scoresOf(parts, fed);
    const all = Object.values(sets);
    return { loss: mean(all.map(({ loss }) => loss)), exact: mean(all.map(({ exact }) => exact)), sets };
  }

  private async scoresOf(parts: readonly BatchPart[], fed: Feeds): Promise<Scores> {
    let [loss, labels, right, answers] = [0, 0, 0, 0];
    for (const part of parts) {
      const feeds = await part.feeds();
      const results = await this.session.run(Object.fromEntries(this.session.inputs.map(({ name }) => [name, (feeds[name] ?? fed[name])!])));
      const surprise = results["surprise"]!.data as Float32Array;
      const correct = results["right"]!.data as Float32Array;
      loss += surprise.reduce((sum, each) => sum + each, 0);
      labels += surprise.length;
      for (const answer of answersOf(feeds)) {
        answers++;
        if (answer.every((i) => correct[i] === 1)) right++;
      }
    }
    return { loss: loss / Math.max(1, labels), exact: right / Math.max(1, answers) };
  }
}

/** Labels that follow one another in one row belong to one answer. */
function answersOf({ rows, tokens }: Feeds): readonly (readonly number[])[] {
  const places = [...(rows!.data as BigInt64Array)].map(Number);
  const length = tokens!.shape[1]!;
  const answers: number[][] = [];
  places.forEach((place, i) => {
    const before = places[i - 1];
    const follows = before !== undefined && place === before + 1 && Math.floor(place / length) === Math.floor(before / length);
    if (follows) answers.at(-1)!.push(i);
    else answers.push([i]);
  });
  return answers;
}

function partingOf({ step, loss, trainingLoss }: Best, now: number, trainingNow: number | undefined): string | undefined {
  if (trainingNow === undefined || now < risen * loss || (trainingLoss !== undefined && trainingNow >= trainingLoss)) return undefined;
  const training = trainingLoss === undefined ? "" : ` from ${trainingLoss.toFixed(3)}`;
  return `the losses part: in training it has fallen${training} to ${trainingNow.toFixed(3)}, on what is held out it has risen from ${loss.toFixed(3)} after step ${step} to ${now.toFixed(3)}. The model learns its examples by heart: take a lower learning rate, fewer trained parts, or more examples`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
