import fastCheck from "fast-check";
import { describe, expect, test } from "vitest";
import { DataError } from "../../src/data/errors.ts";
import type { OpenShard } from "../../src/data/samples/sample.ts";
import { type DrawnSample, type SampleFault, SampleStream, type SampleStreamOptions } from "../../src/data/samples/sample-stream.ts";
import { shardPlan } from "../../src/data/samples/shard-plan.ts";

/** Shards in memory: a name says how many samples it has, `x` after it that it breaks after them, and every number in brackets that this one is bad. */
const open: OpenShard = (path) => {
  const [, count, bad, breaks] = /^\w+:(\d+)\[([\d,]*)\](x?)$/.exec(path)!;
  const isBad = new Set(bad === "" ? [] : bad!.split(",").map(Number));
  return Promise.resolve({
    async *samples(from, wanted) {
      for (let number = from; number < Number(count); number++) {
        if (!wanted(number)) continue;
        const key = `${path} ${number}`;
        yield { number, sample: isBad.has(number) ? { key, bad: "it is bad" } : { key, form: "page", joint: "", pieces: [{ kind: "text", text: key }] } };
      }
      if (breaks === "x") throw new DataError("the shard broke");
    },
    close: () => Promise.resolve(),
  });
};

const defaults = { name: "data", seed: 1, open, reader: { index: 0, count: 1 }, shuffle: 4, badShare: 1 };
const opened = (options: Partial<SampleStreamOptions> & Pick<SampleStreamOptions, "shards">): Promise<SampleStream> =>
  SampleStream.open({ ...defaults, ...options });
const named = (counts: readonly number[]): string[] => counts.map((count, i) => `s${i}:${count}[]`);
const keys = (drawn: readonly DrawnSample[]): string[] => drawn.map(({ sample }) => sample.key);

async function drawn(stream: SampleStream, epochs: number): Promise<DrawnSample[]> {
  const all: DrawnSample[] = [];
  for (let each = await stream.draw(epochs); each !== undefined; each = await stream.draw(epochs)) all.push(each);
  return all;
}

const counts = fastCheck.array(fastCheck.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 5 }).filter((each) => each.some((count) => count > 0));
const shuffles = fastCheck.integer({ min: 1, max: 12 });

describe("a stream of samples", () => {
  test("each sample once per epoch, for any number of shards, readers and samples that wait", async () => {
    await fastCheck.assert(
      fastCheck.asyncProperty(
        counts,
        fastCheck.integer({ min: 1, max: 7 }),
        shuffles,
        fastCheck.integer({ min: 0, max: 99 }),
        async (sizes, count, shuffle, seed) => {
          const shards = named(sizes);
          const expected = sizes.flatMap((size, i) => Array.from({ length: size }, (_, number) => `${shards[i]} ${number}`)).sort();
          const streams = await Promise.all(
            Array.from({ length: count }, (_, index) =>
              opened({ shards, reader: { index, count }, shuffle: count > 1 ? Math.max(2, shuffle) : shuffle, seed }),
            ),
          );
          const all = (await Promise.all(streams.map((stream) => drawn(stream, 3)))).flat();
          for (const epoch of [0, 1, 2]) expect(keys(all.filter((each) => each.epoch === epoch)).sort()).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("goes on anywhere as if it had not been interrupted, its position having been JSON", async () => {
    await fastCheck.assert(
      fastCheck.asyncProperty(
        counts,
        fastCheck.integer({ min: 1, max: 4 }),
        shuffles,
        fastCheck.integer({ min: 0, max: 40 }),
        async (sizes, count, shuffle, taken) => {
          const options = { shards: named(sizes), reader: { index: count - 1, count }, shuffle: Math.max(2, shuffle) };
          const whole = await opened(options);
          const expected: string[] = [];
          for (let i = 0; i < taken + 25; i++) expected.push((await whole.draw())!.sample.key);
          const interrupted = await opened(options);
          for (let i = 0; i < taken; i++) await interrupted.draw();
          const resumed = await opened({ ...options, position: JSON.parse(JSON.stringify(interrupted.position())) });
          const rest: string[] = [];
          for (let i = 0; i < 25; i++) rest.push((await resumed.draw())!.sample.key);
          expect(rest).toEqual(expected.slice(taken));
          expect(resumed.counts).toEqual(whole.counts);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("another order for another seed and another epoch, the files' order without shuffling", async () => {
    const shards = named([20, 20]);
    const first = await drawn(await opened({ shards, shuffle: 30 }), 2);
    expect(keys(first)).toEqual(keys(await drawn(await opened({ shards, shuffle: 30 }), 2)));
    expect(keys(first)).not.toEqual(keys(await drawn(await opened({ shards, shuffle: 30, seed: 2 }), 2)));
    expect(keys(first.slice(0, 40))).not.toEqual(keys(first.slice(40)));
    expect(keys(await drawn(await opened({ shards, shuffle: 1 }), 1))).toEqual(
      shards.flatMap((shard) => Array.from({ length: 20 }, (_, i) => `${shard} ${i}`)),
    );
  });

  test("no more wait than may", async () => {
    const stream = await opened({ shards: named([50]), shuffle: 7 });
    for (let i = 0; i < 30; i++) {
      await stream.draw();
      expect(stream.position().waiting.length).toBe(6);
    }
  });

  test("no reader holds another's part", () => {
    for (const [shards, count] of [
      [3, 8],
      [8, 3],
      [5, 5],
    ] as const) {
      const parts = Array.from({ length: count }, (_, index) => shardPlan(shards, { index, count }, undefined));
      expect(parts.every((each) => each.length > 0)).toBe(true);
      const every = parts.flat();
      expect(new Set(every.map(({ shard, part }) => `${shard} ${part}`)).size).toBe(every.length);
    }
  });
});

describe("samples that cannot be read", () => {
  test("are told of with shard and key, and left out; what a broken shard still has is lost", async () => {
    const faults: SampleFault[] = [];
    const shards = ["a:5[1,3]", "b:2[]x", "c:3[]"];
    const stream = await opened({ shards, onBad: (fault) => faults.push(fault) });
    expect(keys(await drawn(stream, 1)).sort()).toEqual(["a:5[1,3] 0", "a:5[1,3] 2", "a:5[1,3] 4", "b:2[]x 0", "b:2[]x 1", "c:3[] 0", "c:3[] 1", "c:3[] 2"]);
    expect(faults.map(({ shard, key, reason }) => `${shard}, ${key}: ${reason}`).sort()).toEqual([
      "a:5[1,3], a:5[1,3] 1: it is bad",
      "a:5[1,3], a:5[1,3] 3: it is bad",
      "b:2[]x, undefined: the shard broke",
    ]);
    expect(stream.counts).toEqual({ seen: 11, bad: 3 });
  });

  test("stop the run when their share is too large, in a small data set at the end of an epoch", async () => {
    const few = await opened({ shards: ["a:5[1,3]"], badShare: 0.3 });
    await expect(drawn(few, 2)).rejects.toThrow(
      /the data set "data": 2 of 5 samples cannot be read, more than the share of 0\.3 that "badShare" allows; the last one: a:5\[1,3\], a:5\[1,3\] 3: it is bad/,
    );
    const everySecond = `a:1000[${Array.from({ length: 500 }, (_, i) => 2 * i).join()}]`;
    await expect(drawn(await opened({ shards: [everySecond], badShare: 0.3 }), 1)).rejects.toThrow(/50 of 100 samples/);
    expect((await drawn(await opened({ shards: [everySecond], badShare: 0.6 }), 1)).length).toBe(500);
    const rejecting = await opened({ shards: ["a:300[]"], badShare: 0.1 });
    const reject = async (): Promise<void> => {
      for (;;) rejecting.reject((await rejecting.draw(1))!, "its picture is broken");
    };
    await expect(reject()).rejects.toThrow(/samples cannot be read, .* its picture is broken/);
  });

  test("all of them: it says so instead of reading for ever", async () => {
    await expect(drawn(await opened({ shards: ["a:2[0,1]"] }), 5)).rejects.toThrow(/"data" has no sample that can be read; look into a:2/);
    await expect(drawn(await opened({ shards: ["a:0[]"], reader: { index: 1, count: 2 } }), 100)).rejects.toThrow(/can be read by reader 1 of 2/);
  });
});

test("a position of other shards, other readers, or samples that are gone is refused", async () => {
  const stream = await opened({ shards: named([9]) });
  await stream.draw();
  const position = stream.position();
  await expect(opened({ shards: named([9, 9]), position })).rejects.toThrow(/stood at a place in 1 shards, as reader 0 of 1; now there are 2 shards/);
  await expect(opened({ shards: named([9]), reader: { index: 0, count: 2 }, position })).rejects.toThrow(/this is reader 0 of 2/);
  await expect(opened({ shards: named([1]), position })).rejects.toThrow(/waited when the run stopped, and is there no more/);
});
