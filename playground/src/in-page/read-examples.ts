import type { Flamingo, Medium, SupportSet } from "flamingo-vlm";
import type { Example } from "../task/task.ts";

/** Sets of examples that stay read: the task as it is, its what-ifs, and some that people go back to. */
const most = 8;

interface ReadSet {
  readonly set: SupportSet;
  /** That reading took. */
  readonly milliseconds: number;
}

export interface FoundSet extends ReadSet {
  /** Whether they had to be read for this question. */
  readonly now: boolean;
}

/** Examples are read once, for any number of questions. */
export class ReadExamples {
  private readonly sets = new Map<string, ReadSet>();

  /** @param media - of the examples, in their order */
  async find(model: Flamingo, examples: readonly Example[], media: readonly Medium[], signal: AbortSignal): Promise<FoundSet> {
    const key = JSON.stringify(examples.map(({ picture, text }) => [picture.url, text.trim()]));
    const known = this.sets.get(key);
    if (known !== undefined) {
      this.sets.delete(key);
      this.sets.set(key, known);
      return { ...known, now: false };
    }
    const started = performance.now();
    const set = await model.supportSet(
      examples.map(({ text }, i) => ({ media: media[i]!, text: text.trim() })),
      { signal },
    );
    const read = { set, milliseconds: performance.now() - started };
    this.sets.set(key, read);
    const [oldest] = this.sets;
    if (this.sets.size > most) {
      this.sets.delete(oldest![0]);
      await oldest![1].set.dispose();
    }
    return { ...read, now: true };
  }
}
