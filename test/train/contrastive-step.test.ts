import { afterAll, expect, test } from "vitest";
import { ContrastivePair, contrastiveConfig } from "../../src/model/contrastive/contrastive-pair.ts";
import { createRuntime, type HostTensor } from "../../src/runtime/runtime.ts";
import { type ContrastiveStepOptions, contrastiveStep } from "../../src/train/contrastive-step.ts";
import { oneRank, type Ranks } from "../../src/train/distribute/ranks.ts";
import { bytes, integers, weightsOf } from "../model/support.ts";

const runtime = await createRuntime({ device: "cpu", threads: 1, worker: false });
afterAll(() => runtime.dispose());

const pair = new ContrastivePair(
  contrastiveConfig.parse({
    vision: { kind: "nfnet", imageSize: 32, depths: [1, 1, 1, 1], channels: [16, 16, 32, 32], stem: [4, 4, 8, 8], groupSize: 8, width: 16 },
    text: { vocabulary: 40, maxTokens: 8, width: 16, layers: 1, heads: 2 },
    width: 12,
    inverseTemperature: 5,
  }),
  { mean: [0.5, 0.4, 0.3], deviation: [0.2, 0.3, 0.4] },
);
// Gains of residual branches begin at 0, where they would hide what is behind them.
const weights = weightsOf(pair.parameters().values(), (path, values) => (path.endsWith("gain") ? values.fill(0.5) : values));
const pairs = 8;
const batch: Readonly<Record<string, HostTensor>> = {
  pixels: bytes([pairs, 32, 32, 3], 3),
  tokens: integers(
    [pairs, 5],
    Array.from({ length: pairs * 5 }, (_, i) => (7 * i) % 40),
  ),
  lengths: integers([pairs], [5, 2, 3, 1, 4, 5, 2, 3]),
};

const run = async (feeds: Readonly<Record<string, HostTensor>>, changes: Partial<ContrastiveStepOptions>): Promise<Record<string, HostTensor>> => {
  const step = await contrastiveStep({ pair, runtime, pieces: 1, ranks: oneRank, name: "test", ...changes });
  try {
    return await step.run({ ...weights, ...feeds });
  } finally {
    await step.dispose();
  }
};

/** Processes that meet in this one: what they give is exchanged when all of them have come. */
function ranksOfOneProcess(size: number): readonly Ranks[] {
  let given: Float32Array[] = [];
  let meet = Promise.withResolvers<readonly Float32Array[]>();
  const exchange = async (rank: number, values: Float32Array): Promise<readonly Float32Array[]> => {
    given[rank] = values.slice();
    const meeting = meet;
    if (given.filter(Boolean).length === size) {
      meeting.resolve(given);
      given = [];
      meet = Promise.withResolvers();
    }
    return meeting.promise;
  };
  return Array.from({ length: size }, (_, rank) => ({
    rank,
    size,
    async sum(values) {
      const all = await exchange(rank, values);
      for (let i = 0; i < values.length; i++) values[i] = all.reduce((total, each) => total + each[i]!, 0);
    },
    gather: async (values) => Float32Array.from((await exchange(rank, values)).flatMap((each) => [...each])),
  }));
}

function rowsOf({ dtype, shape, data }: HostTensor, first: number, count: number): HostTensor {
  const row = data.length / shape[0]!;
  return { dtype, shape: [count, ...shape.slice(1)], data: data.slice(first * row, (first + count) * row) };
}

function expectSame(found: Readonly<Record<string, HostTensor>>, wanted: Readonly<Record<string, HostTensor>>): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort());
  for (const [name, { data }] of Object.entries(wanted)) {
    const largest = (data as Float32Array).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest, name).toBeGreaterThan(0);
    (data as Float32Array).forEach((value, i) => {
      expect(Math.abs((found[name]!.data as Float32Array)[i]! - value), `${name}[${i}]`).toBeLessThan(1e-4 * largest + 1e-7);
    });
  }
}

const whole = await run(batch, {});

test.each([2, 3, 8])("a batch in %i pieces has the loss and the gradients of the whole", async (pieces) => {
  expectSame(await run(batch, { pieces }), whole);
});

test.each([
  [2, 1],
  [4, 2],
])("%i processes, each with %i pieces, have the loss and the gradients of the whole", async (size, pieces) => {
  const share = pairs / size;
  const results = await Promise.all(
    ranksOfOneProcess(size).map((ranks, rank) =>
      run(Object.fromEntries(Object.entries(batch).map(([name, tensor]) => [name, rowsOf(tensor, rank * share, share)])), { ranks, pieces }),
    ),
  );
  for (const { loss } of results) expect(loss!.data[0]).toBeCloseTo(whole["loss"]!.data[0] as number, 5);
  const mean = Object.fromEntries(
    Object.entries(results[0]!).map(([name, tensor]) => [
      name,
      { ...tensor, data: (tensor.data as Float32Array).map((_, i) => results.reduce((sum, each) => sum + (each[name]!.data[i] as number) / size, 0)) },
    ]),
  );
  expectSame(mean, whole);
});
