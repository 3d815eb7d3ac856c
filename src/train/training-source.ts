import type { HostTensor } from "../runtime/runtime.ts";

/** What the training graph is fed, besides weights. */
export type Feeds = Readonly<Record<string, HostTensor>>;

/** As much of a batch as the graph computes in one run. */
export interface BatchPart {
  /** What its loss is a mean over: tokens that are learnt, or pairs. */
  readonly labels: number;
  /** Tokens that are read, without padding. */
  readonly tokens: number;
  readonly pictures: number;
  /** Made when its turn comes, since pictures take much memory. */
  feeds(): Promise<Feeds>;
}

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
  /** Rows of its batches. Default: 1. */
  readonly rows?: number;
  /**
   * In several parts, the result is that of one part with all of it: each counts by its labels.
   * @param rows - default: its own
   */
  batch(step: number, rows?: number): Promise<readonly BatchPart[]>;
  /** Of one whose batches follow one another: where it stands after the last one, as JSON; undefined at the beginning. */
  position?(): unknown;
  /** Lets it go on from where another run's stood, before the first batch. */
  goOnFrom?(position: unknown): void;
  /** Lets go of what it holds open. */
  close?(): Promise<void>;
}
