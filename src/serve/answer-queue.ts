import type { AnswerRequest, AnswerScheduler } from "../generate/answer-scheduler.ts";
import type { AnswerPiece } from "../generate/answer-stream.ts";
import type { Flamingo } from "../generate/flamingo-model.ts";
import { Turns } from "./turns.ts";

/** How long the arithmetic, which takes every core, waits until first tokens are with clients on this machine, in milliseconds. */
const delivering = 1;

/**
 * Hands requests over to the model. Answers are scheduled by the library, which begins them beside those that run. Work of another kind, such as reading a support set, is done beside the answers, one piece after the
 * other; the runtime takes their steps in turns.
 */
export class AnswerQueue {
  private readonly model: () => Flamingo;
  private scheduler: AnswerScheduler | undefined;
  private readonly others = new Turns(1);

  constructor(model: () => Flamingo) {
    this.model = model;
  }

  get waitingCount(): number {
    return (this.scheduler?.waitingCount ?? 0) + this.others.waitingCount;
  }

  get runningCount(): number {
    return (this.scheduler?.runningCount ?? 0) + this.others.runningCount;
  }

  /** The pieces of all answers, as they are found. Whoever goes away is left out at the next token. */
  answer(requests: readonly AnswerRequest[], signal: AbortSignal): AsyncIterable<AnswerPiece> {
    this.scheduler ??= this.model().scheduler({ delivered: () => new Promise((resolve) => setTimeout(resolve, delivering)) });
    return this.scheduler.answer(requests, signal);
  }

  /**
   * Work of another kind, when its turn comes.
   * @param ended - called once when nothing is computed for it any more, which may be after it was given up
   */
  run<Result>(work: (model: Flamingo) => Promise<Result>, signal: AbortSignal, ended: () => void = () => {}): Promise<Result> {
    const done = this.others.run(() => work(this.model()), signal).finally(ended);
    return new Promise((resolve, reject) => {
      // Whoever gives up is told at once, also where the work goes on to its next step.
      const gone = (): void => reject(signal.reason);
      signal.addEventListener("abort", gone, { once: true });
      done.then(resolve, reject).finally(() => signal.removeEventListener("abort", gone));
    });
  }

  /** Settled when nothing waits and nothing runs. */
  async drained(): Promise<void> {
    while (this.others.runningCount > 0 || (this.scheduler?.runningCount ?? 0) > 0) await Promise.all([this.others.idle(), this.scheduler?.idle()]);
  }
}
