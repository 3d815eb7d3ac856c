import type { Example } from "../task/task.ts";

/** Sets of examples that are remembered: the task as it is, its what-ifs, and some that people go back to. */
const most = 8;

/** Examples that the server has read. */
export interface ReadSet {
  readonly id: string;
  /** That reading took. */
  readonly milliseconds: number;
}

/** Examples are sent once, for any number of questions. */
export class ReadOnServer {
  private readonly sets = new Map<string, Promise<ReadSet>>();
  private readonly read: (examples: readonly Example[], signal: AbortSignal) => Promise<ReadSet>;

  /** @param read - has the server read them */
  constructor(read: (examples: readonly Example[], signal: AbortSignal) => Promise<ReadSet>) {
    this.read = read;
  }

  async find(examples: readonly Example[], signal: AbortSignal): Promise<ReadSet> {
    const key = keyOf(examples);
    for (;;) {
      const known = this.sets.get(key);
      if (known === undefined) break;
      this.sets.delete(key);
      this.sets.set(key, known);
      const set = await known.catch(() => undefined);
      signal.throwIfAborted();
      // Whoever asked first has lost interest, or it failed.
      if (set !== undefined) return set;
    }
    const set = this.read(examples, signal);
    this.sets.set(key, set);
    if (this.sets.size > most) this.sets.delete(this.sets.keys().next().value!);
    set.catch(() => this.sets.get(key) === set && this.sets.delete(key));
    return set;
  }

  /** The server has them no more. */
  forget(examples: readonly Example[]): void {
    this.sets.delete(keyOf(examples));
  }
}

function keyOf(examples: readonly Example[]): string {
  return JSON.stringify(examples.map(({ picture, text }) => [picture.url, text.trim()]));
}
