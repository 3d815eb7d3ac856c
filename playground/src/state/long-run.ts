import { signal } from "@preact/signals";
import { sentenceOf } from "./sentence.ts";

/** Work on many things, one after the other: it is seen how far it is, and it can be stopped. */
export class LongRun {
  /** Undefined: nothing is being done. */
  readonly progress = signal<{ readonly done: number; readonly total: number } | undefined>(undefined);
  readonly problem = signal("");
  private controller = new AbortController();

  /** Ends what was begun before. @returns whether it came to its end */
  async each<Item>(items: readonly Item[], work: (item: Item, signal: AbortSignal, place: number) => Promise<void>): Promise<boolean> {
    this.stop();
    this.problem.value = "";
    const { signal } = this.controller;
    try {
      for (const [done, item] of items.entries()) {
        this.progress.value = { done, total: items.length };
        await work(item, signal, done);
        if (signal.aborted) return false;
      }
      return true;
    } catch (error) {
      if (!signal.aborted) this.problem.value = sentenceOf(error);
      return false;
    } finally {
      if (!signal.aborted) this.progress.value = undefined;
    }
  }

  stop(): void {
    this.controller.abort();
    this.controller = new AbortController();
    this.progress.value = undefined;
  }
}
