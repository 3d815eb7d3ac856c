/** Two event files of one run, which was killed after step 4 and went on from its checkpoint of step 2. Run with a folder, it writes them there: for `tools/reference/tensorboard_events.py`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TrainingEvent } from "../../src/train/run.ts";
import { fileVersionRecord, recordOf } from "../../src/train/tensorboard/event-records.ts";

const began = 1_764_237_661.678;
const wentOn = began + 3600;
const steps = 5;

const start = (step: number): TrainingEvent => ({ type: "start", trained: 70_000_000_000, frozen: 12, step, steps, changes: [] });

function step(step: number, shift: number): TrainingEvent {
  return {
    type: "step",
    step,
    steps,
    losses: { "pages / html": 3.25 / step + shift, "Bilder mit Untertiteln, groß": 2 ** -step },
    learningRate: 1e-4 * step,
    gradientNorm: 1.5 + shift,
    tokens: 400,
    pictures: 6,
    seconds: 0.5,
    ...(step % 2 === 0 ? { gates: { "layers.0.attentionGate": step / 16, "layers.0.denseGate": step / 32 } } : {}),
  };
}

const killed: readonly TrainingEvent[] = [start(0), step(1, 0), step(2, 0), { type: "saved", step: 2 }, step(3, 100), step(4, 100)];
const resumed: readonly TrainingEvent[] = [start(2), step(3, 0), step(4, 0), { type: "saved", step: 4 }, step(5, 0), { type: "saved", step: 5 }];

function bytes(events: readonly TrainingEvent[], from: number): Uint8Array {
  return Buffer.concat([fileVersionRecord(from), ...events.map((event, i) => recordOf(event, from + i) ?? new Uint8Array())]);
}

/** By name. */
export const eventFiles: Readonly<Record<string, Uint8Array>> = {
  [`events.out.tfevents.${began.toFixed(3)}.machine`]: bytes(killed, began),
  [`events.out.tfevents.${wentOn.toFixed(3)}.machine`]: bytes(resumed, wentOn),
};

const folder = import.meta.main ? process.argv[2] : undefined;
if (folder !== undefined) for (const [name, content] of Object.entries(eventFiles)) writeFileSync(join(folder, name), content);
