import { afterAll, describe, expect, test } from "vitest";
import { createRuntime, type HostTensor } from "../../src/runtime/runtime.ts";
import { gatherText } from "../../src/train/distribute/gather-text.ts";
import { type TrainingEvent, type TrainingRun, train } from "../../src/train/run.ts";
import type { BatchPart, TrainingSource } from "../../src/train/training-source.ts";
import { counting, countingRows, memoryFiles, tinyConfig } from "./counting.ts";
import { ranksInOneProcess } from "./ranks-in-one-process.ts";

const runtime = await createRuntime({ device: "cpu", threads: 1, worker: false });
afterAll(() => runtime.dispose());

interface Done {
  readonly events: readonly TrainingEvent[];
  readonly weights: ReadonlyMap<string, HostTensor>;
}

async function complete(changes: Partial<TrainingRun>): Promise<Done> {
  const events: TrainingEvent[] = [];
  const run = train({ config: tinyConfig(), sources: [], initial: new Map(), runtime, files: memoryFiles(), resume: false, ...changes });
  for (let result = await run.next(); ; result = await run.next()) {
    if (result.done === true) return { events, weights: result.value };
    events.push(result.value);
  }
}

/** Batches of a source that rank r of n shows the r-th rows of, and a run of one process all rows, in one part or in several. */
function shared(name: string, settings: object, shown: (parts: readonly BatchPart[]) => readonly BatchPart[]): TrainingSource {
  // Two rows, of which all is learnt, and one of which little is: each has another number of labels.
  const rows = (step: number) => [...countingRows(`${name}${step}`, 2, 12), ...countingRows(`${name}${step}+`, 1, 5)];
  return { name, weight: 1, ...settings, batch: (step) => Promise.resolve(shown(rows(step).map((row) => counting([row])))) };
}

function expectSame(one: Done, other: Done): void {
  for (const [path, { data }] of one.weights) {
    const found = other.weights.get(path)!.data as Float32Array;
    (data as Float32Array).forEach((value, i) => expect(Math.abs(found[i]! - value), `${path} ${i}`).toBeLessThan(2e-5));
  }
  const losses = ({ events }: Done) => events.flatMap((event) => (event.type === "step" ? [event] : []));
  losses(one).forEach((event, i) => {
    const found = losses(other)[i]!;
    for (const [name, loss] of Object.entries(event.losses)) expect(found.losses[name]).toBeCloseTo(loss, 5);
    expect(found.gradientNorm).toBeCloseTo(event.gradientNorm, 4);
    expect([found.tokens, found.pictures]).toEqual([event.tokens, event.pictures]);
  });
}

const mixture = (shown: (parts: readonly BatchPart[]) => readonly BatchPart[]) => [
  shared("a", { weight: 0.7 }, shown),
  // Clipped far below its norm, which only the whole batch has.
  shared("b", { weight: 3, clipNorm: 0.05 }, shown),
];

/** All rows of the three parts in one. */
const asOne = (name: string) => (step: number) => counting([...countingRows(`${name}${step}`, 2, 12), ...countingRows(`${name}${step}+`, 1, 5)]);

const whole = mixture((parts) => parts).map((source): TrainingSource => ({ ...source, batch: (step) => Promise.resolve([asOne(source.name)(step)]) }));

test("a batch in several parts, of different numbers of labels, does what it does in one", async () => {
  expectSame(await complete({ sources: whole }), await complete({ sources: mixture((parts) => parts) }));
});

describe("several ranks", () => {
  test.each([2, 3])("%i do what one does whose batches are theirs together", async (size) => {
    const ranks = ranksInOneProcess(size);
    const runs = await Promise.all(ranks.map((each) => complete({ ranks: each, sources: mixture((parts) => parts.filter((_, i) => i % size === each.rank)) })));
    const one = await complete({ sources: whole });
    for (const run of runs) {
      expectSame(one, run);
      expect(run.weights).toEqual(runs[0]!.weights);
    }
  });

  test("stop after the same step when one of them is told to, and the first one writes where each stands", async () => {
    const ranks = ranksInOneProcess(2);
    const stop = new AbortController();
    const files = [memoryFiles(), memoryFiles()];
    const sourcesOf = (rank: number): TrainingSource[] => {
      let taken = 0;
      return [
        {
          ...whole[0]!,
          batch(step) {
            if (++taken === 4 && rank === 1) stop.abort();
            return whole[0]!.batch(step);
          },
          position: () => ({ taken, rank }),
          goOnFrom(position) {
            expect(position).toMatchObject({ rank });
            taken = (position as { taken: number }).taken;
            expect(taken).toBe(3);
          },
        },
      ];
    };
    const run = (rank: number, resume: boolean) =>
      complete({ ranks: ranks[rank]!, sources: sourcesOf(rank), files: files[0]!, resume, ...(rank === 1 && !resume ? { signal: stop.signal } : {}) });
    const stopped = await Promise.all([run(0, false), run(1, false)]);
    for (const { events } of stopped) expect(events.find(({ type }) => type === "saved")).toEqual({ type: "saved", step: 3 });
    const resumed = await Promise.all([run(0, true), run(1, true)]);
    for (const { events } of resumed) expect(events[0]).toMatchObject({ type: "start", step: 3 });
    await expect(complete({ sources: sourcesOf(0), files: files[0]!, resume: true })).rejects.toThrow(
      /was made by 2 processes, and now there are 1; resume with as many/,
    );
  });

  test("tell each other texts of different lengths", async () => {
    const texts = ["", "überall", '{"a":1}'];
    expect(await Promise.all(ranksInOneProcess(3).map((ranks) => gatherText(ranks, texts[ranks.rank]!)))).toEqual([texts, texts, texts]);
  });
});
