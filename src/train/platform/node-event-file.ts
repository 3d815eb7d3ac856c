import { appendFile, mkdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { writing } from "../../data/platform/node-write.ts";
import type { TrainingEvent } from "../run.ts";
import { fileVersionRecord, recordOf } from "../tensorboard/event-records.ts";

/**
 * A listener that writes a run's events for TensorBoard, each at once, into a file of its own: a run that is resumed has several, which TensorBoard reads in the order of their names.
 * @param folder - made when the first event comes
 * @throws DataError when it cannot be written
 */
export function eventFile(folder: string): (event: TrainingEvent) => Promise<void> {
  let file: string | undefined;
  return async (event) => {
    const seconds = Date.now() / 1000;
    const record = recordOf(event, seconds);
    if (record === undefined) return;
    const records = [record];
    if (file === undefined) {
      file = join(folder, `events.out.tfevents.${seconds.toFixed(3)}.${hostname()}`);
      records.unshift(fileVersionRecord(seconds));
    }
    const path = file;
    await writing(path, async () => {
      await mkdir(folder, { recursive: true });
      await appendFile(path, Buffer.concat(records));
    });
  };
}
