/** TensorBoard's event files against TensorBoard's own reader, whose findings `tools/reference/tensorboard_events.py` keeps. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eventFile } from "../../src/train/platform/node-event-file.ts";
import { eventFiles } from "./event-file-bytes.ts";

interface Reference {
  /** What the reader was given, base64. */
  readonly files: Readonly<Record<string, string>>;
  readonly records: Readonly<Record<string, readonly (readonly [what: string, step: number])[]>>;
  readonly series: Readonly<Record<string, readonly (readonly [step: number, seconds: number, value: number])[]>>;
}

const reference = JSON.parse(await readFile(join(import.meta.dirname, "../fixtures/train/tensorboard.json"), "utf8")) as Reference;

test("the files are those that the reader read, to the byte, and it found every record", () => {
  expect(Object.fromEntries(Object.entries(eventFiles).map(([name, bytes]) => [name, Buffer.from(bytes).toString("base64")]))).toEqual(reference.files);
  const [killed, resumed] = Object.values(reference.records);
  expect(killed!.map(([what, step]) => `${what} ${step}`)).toEqual(["file_version 0", "session_log 1", "summary 1", "summary 2", "summary 3", "summary 4"]);
  expect(resumed!.map(([what, step]) => `${what} ${step}`)).toEqual(["file_version 0", "session_log 3", "summary 3", "summary 4", "summary 5"]);
});

test("the reader shows every step once, those after the checkpoint as the resumed run made them", () => {
  const values = (tag: string): number[] => reference.series[tag]!.map(([, , value]) => value);
  for (const [tag, points] of Object.entries(reference.series))
    expect(
      points.map(([step]) => step),
      tag,
    ).toEqual(tag.startsWith("gate/") ? [2, 4] : [1, 2, 3, 4, 5]);
  expect(values("loss/pages / html")).toEqual([1, 2, 3, 4, 5].map((step) => Math.fround(3.25 / step)));
  expect(values("loss/Bilder mit Untertiteln, groß")).toEqual([1, 2, 3, 4, 5].map((step) => 2 ** -step));
  expect(values("optimisation/gradient norm")).toEqual([1.5, 1.5, 1.5, 1.5, 1.5]);
  expect(values("gate/layers.0.attentionGate")).toEqual([0.125, 0.25]);
  expect(values("speed/tokens per second")).toEqual([800, 800, 800, 800, 800]);
  expect(values("speed/pictures per second")).toEqual([12, 12, 12, 12, 12]);
  expect(reference.series["loss/pages / html"]!.map(([, seconds]) => seconds)[2]).toBe(1_764_241_262.678);
});

test("each start of a run has a file of its own, whose names are in the order of time; one that cannot be written is named", async () => {
  const folder = await mkdtemp(join(tmpdir(), "flamingo-event-file-"));
  try {
    for (const first of [0, 2]) {
      const listen = eventFile(join(folder, "tensorboard"));
      await listen({ type: "start", trained: 1, frozen: 0, step: first, steps: 5, changes: [] });
      await listen({ type: "saved", step: first + 1 });
      await new Promise((after) => setTimeout(after, 2));
    }
    const names = (await readdir(join(folder, "tensorboard"))).sort();
    expect(names).toHaveLength(2);
    const sessionStep = async (name: string): Promise<number | undefined> => {
      const bytes = await readFile(join(folder, "tensorboard", name));
      // After the first record: length, checksum, wall time, and the step behind its field's number.
      return bytes[16 + bytes.readUInt32LE(0) + 12 + 9 + 1];
    };
    expect(await Promise.all(names.map(sessionStep))).toEqual([1, 3]);
    await expect(eventFile(join(folder, "tensorboard", names[0]!))({ type: "start", trained: 1, frozen: 0, step: 0, steps: 1, changes: [] })).rejects.toThrow(
      /events\.out\.tfevents\.\S+ cannot be written: /,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
