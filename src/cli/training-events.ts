/** What happened in a run, one JSON object a line, in `events.jsonl` of its folder. */
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole, writing } from "../data/platform/node-write.ts";
import type { TrainingEvent } from "../train/run.ts";

export class TrainingEvents {
  private readonly file: string;

  /** @param folder - the run's */
  constructor(folder: string) {
    this.file = join(folder, "events.jsonl");
  }

  /**
   * Adds an event. A run that goes on from a checkpoint does again what was done after it: the events of that are taken out first, and a line that was cut off.
   * @throws DataError when it cannot be written
   */
  async add(event: TrainingEvent): Promise<void> {
    if (event.type === "start") await this.goBackTo(event.step);
    await writing(this.file, () => appendFile(this.file, `${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`));
  }

  private async goBackTo(step: number): Promise<void> {
    const text = await readFile(this.file, "utf8").catch(() => undefined);
    if (text === undefined) return;
    const lines = text.split("\n").filter((line) => stepOf(line) <= step);
    await writeWhole(this.file, lines.map((line) => `${line}\n`).join(""));
  }
}

/** Infinity where the line is no event. */
function stepOf(line: string): number {
  try {
    return (JSON.parse(line) as { step: number }).step;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
