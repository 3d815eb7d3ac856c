/** The graph of one token of each row gives what the graph for everything gives, and leaves the same in the caches. */
import { afterAll, describe, expect, test } from "vitest";
import { convertWeights } from "../../src/checkpoint/convert-weights.ts";
import { mediaView } from "../../src/data/media-view.ts";
import { toOnnx } from "../../src/graph/graph.ts";
import { type FlamingoConfigInput, parseFlamingoConfig } from "../../src/model/config.ts";
import { Flamingo } from "../../src/model/flamingo.ts";
import { formatsOf, type WeightFormat } from "../../src/nn/scope.ts";
import { createRuntime, type HostTensor, mostThreads, type Runtime } from "../../src/runtime/runtime.ts";
import { singleVectorAlike } from "./single-vector.ts";
import { integers, largestDifference, random, weightsOf } from "./support.ts";

const runtime = await createRuntime({ device: "cpu", threads: 1, worker: false });
afterAll(() => runtime.dispose());

const noBias = { attention: false, feedForward: false, norm: false };
const llama = { norm: "rms", activation: "swiGlu", bias: noBias } as const;
const base = { vocabulary: 40, width: 64, blocks: 3, heads: 4, headDim: 16, hidden: 96, maxTokens: 64 } as const;
const gated = { kind: "gated-cross-attention-dense", heads: 2, headDim: 8, gateInitial: 0.7 } as const;

const languages: Readonly<Record<string, object>> = {
  "LLaMA's": llama,
  "grouped queries": { ...llama, keyHeads: 2 },
  "one key head": { ...llama, keyHeads: 1 },
  "an odd number of heads": { ...llama, heads: 9, keyHeads: 3, width: 72 },
  "biases, layer norms": {},
  "parallel residual, a part of each head": { headDim: 64, positions: { kind: "rotary", share: 0.25 }, residual: "parallel", tiedEmbeddings: false },
  "pairs that the node does not turn": { headDim: 8, positions: { kind: "rotary", share: 0.5 } },
  "eight channels, interleaved": { ...llama, headDim: 8, positions: { kind: "rotary", layout: "interleaved" } },
  interleaved: { positions: { kind: "rotary", layout: "interleaved" } },
  stretched: {
    ...llama,
    positions: { kind: "rotary", scaling: { kind: "yarn", factor: 4, originalTokens: 16, magnitude: 1.1 } },
  },
  "unturned blocks": { ...llama, positions: { kind: "rotary", unturned: [1] } },
  "a window": { ...llama, window: { tokens: 5, everywhere: [1] } },
  "a window with its own base": { ...llama, window: { tokens: 4, everywhere: [2] }, positions: { kind: "rotary", base: 100_000, windowBase: 10_000 } },
  "a window beyond all": { ...llama, window: { tokens: 50 } },
  "learnt positions": { positions: { kind: "learnt", offset: 2 }, activation: "relu" },
  "no positions": { positions: { kind: "none" } },
  ALiBi: { positions: { kind: "alibi" }, heads: 6, headDim: 8, bias: noBias },
  "ALiBi in a window": { positions: { kind: "alibi" }, window: { tokens: 4 } },
  "capped scores, another scale": { ...llama, scoreCap: 2, attentionScale: 0.7, logitCap: 5, embeddingScale: 8, activation: "geGlu" },
  "capped scores in a window": { ...llama, scoreCap: 2, window: { tokens: 5 } },
  "norms of each head": { ...llama, keyHeads: 2, queryKeyNorm: "head" },
  "norms of all heads": { queryKeyNorm: "all", positions: { kind: "alibi" } },
  // A larger epsilon: what is nearly nothing would be made large, its last digits too.
  "norms before and after": { ...llama, normPlaces: "both", normEpsilon: 0.1 },
  "norms of sums": { normPlaces: "sums", embeddingWidth: 32, positions: { kind: "learnt" } },
  "new entries": { ...llama, extraTokens: 3 },
};
const fusions: Readonly<Record<string, FlamingoConfigInput["fusion"]>> = {
  "GATED XATTN-DENSE": gated,
  "GATED XATTN-DENSE that sees all": { ...gated, attend: "all" },
  "VANILLA XATTN": { kind: "vanilla-cross-attention", heads: 2, headDim: 8, gateInitial: 0.7 },
  GRAFTING: { kind: "grafting", layers: 2, heads: 2, headDim: 8, gateInitial: 0.7 },
};
const kinds: readonly { readonly name: string; readonly config: FlamingoConfigInput; readonly format?: WeightFormat }[] = [
  ...Object.entries(languages).map(([name, language]) => ({ name, config: configOf(language, gated) })),
  ...Object.entries(fusions).map(([name, fusion]) => ({ name, config: configOf({ ...llama, window: { tokens: 5 } }, fusion) })),
  { name: "matrices in blocks of 8 bits", config: configOf(llama, gated), format: { bits: 8, blockSize: 32, offsets: false } },
  { name: "matrices in blocks of 4 bits with offsets", config: configOf({ ...llama, keyHeads: 2 }, gated), format: { bits: 4, blockSize: 32, offsets: true } },
  { name: "matrices in channels", config: configOf(llama, gated), format: "channels" },
];

function configOf(language: object, fusion: FlamingoConfigInput["fusion"]): FlamingoConfigInput {
  return {
    vision: { kind: "mobilenet-v2", imageSize: 32, features: ["stride16"] },
    resampler: { kind: "perceiver", width: 12, layers: 1, heads: 2, headDim: 8, latents: 3, frames: 1 },
    language: { ...base, ...language },
    fusion,
  };
}

/** Rows that are read, with the medium that each sees. */
const lengths = [3, 7, 1];
const seen = [0, -1, 1];
const media = 2;

/** Caches grow on the way: sizes are no multiples of anything, and once there is no place left. */
const sizes = [9, 9, 13, 13, 13, 13, 20, 20];

/** Keys and values by name, [rows, keyHeads, size, headDim]. */
type Cache = Map<string, FloatTensor>;

interface FloatTensor extends HostTensor {
  readonly data: Float32Array;
}

// Elsewhere nothing is written in place, and the graph is not used.
describe.runIf(runtime.inPlace).each([true, false])("with media: %s", (withMedia) => {
  test.each(kinds)("$name", async ({ config, format }) => {
    const { network, weights } = model(config, format);
    expect(network.graphs.hasStep).toBe(true);
    const alike = format === undefined || format === "channels" || (await singleVectorAlike(format));
    const [read, step] = await Promise.all([reader(network, weights, withMedia), stepper(network, weights, withMedia)]);
    // Inputs of products are rounded to 8 bits, where the last digit of a float can make a whole step of a 127th.
    const [ofLogits, ofCaches] = format === undefined ? [1e-4, 1e-5] : [2e-2, 2e-2];
    let cache = emptyCache(network, withMedia, lengths.length, sizes[0]!);
    const prompts = lengths.map((length, row) => Array.from({ length }, (_, i) => (11 * i + 5 * row + 1) % 40));
    await read(
      prompts.map((tokens, row) => ({ tokens, sees: seen[row]! })),
      cache,
      lengths.map(() => 0),
    );
    let stepped = grown(cache, sizes[0]!);
    for (const [i, size] of sizes.entries()) {
      [cache, stepped] = [grown(cache, size), grown(stepped, size)];
      const past = lengths.map((length) => length + i);
      const next = seen.map((sees, row) => ({ tokens: [(7 * i + 3 * row + 2) % 40], sees }));
      const readTogether = async (rows: readonly number[]): Promise<number[][]> => {
        const own = <Item>(items: readonly Item[]): Item[] => rows.map((row) => items[row]!);
        return rowsOfLogits(await step(own(next), rowsOf(stepped, rows), own(past)), rows.length);
      };
      const alone = (await Promise.all([0, 1, 2].map((row) => readTogether([row])))).flat();
      const inPairs = await Promise.all([readTogether([0, 1]), readTogether([1, 2])]);
      const expected = await read(next, cache, past);
      const found = await step(next, stepped, past);
      expect(largestDifference(found, expected)).toBeLessThan(ofLogits * largest(expected));
      for (const [name, { data }] of cache) expect(largestDifference(stepped.get(name)!.data, data)).toBeLessThan(ofCaches * Math.max(1, largest(data)));
      if (network.config.fusion.attend === "all") continue;
      // To the last bit: it does not matter to a row what it is read with.
      const together = rowsOfLogits(found, lengths.length);
      expect(inPairs).toEqual([together.slice(0, 2), together.slice(1)]);
      if (alike) expect(alone).toEqual(together);
      else expect(largestDifference(alone.flat(), together.flat())).toBeLessThan(ofLogits * largest(expected));
    }
  });
});

test.runIf(runtime.inPlace)("rows do not depend on one another with more threads than heads either, and long rows", async () => {
  const many = await createRuntime({ device: "cpu", threads: mostThreads(), worker: false });
  const { network, weights } = model(configOf({ ...llama, heads: 1, headDim: 256, maxTokens: 2048 }, gated));
  const step = await stepper(network, weights, false, many);
  const cache: Cache = new Map([...emptyCache(network, false, 3, 2000)].map(([name, { shape }], i) => [name, random(shape, i) as FloatTensor]));
  const past = [1990, 1200, 1990];
  const next = past.map((_, row) => ({ tokens: [row + 1], sees: -1 }));
  const alone = await Promise.all(next.map((own, row) => step([own], rowsOf(cache, [row]), [past[row]!])));
  for (const rows of [
    [0, 1, 2],
    [0, 2],
  ]) {
    const found = await step(
      rows.map((row) => next[row]!),
      rowsOf(cache, rows),
      rows.map((row) => past[row]!),
    );
    expect(Array.from(found)).toEqual(rows.flatMap((row) => Array.from(alone[row]!)));
  }
  await many.dispose();
});

test("models whose scores come from the keys' distances have no such graph, nor have heads of other sizes", () => {
  for (const language of [{ positions: { kind: "relative" } }, { headDim: 12 }, { headDim: 4 }])
    expect(model(configOf(language, gated)).network.graphs.hasStep).toBe(false);
});

function model(config: FlamingoConfigInput, format?: WeightFormat): { network: Flamingo; weights: ReadonlyMap<string, HostTensor> } {
  const plain = new Flamingo(parseFlamingoConfig(config));
  const initial = new Map(
    Object.entries(
      weightsOf(plain.parameters().values(), (path, values) =>
        // Everything has a say, biases and the factors of norms too.
        values.map((value, i) =>
          /gate/i.test(path)
            ? 0.7
            : /bias$/.test(path)
              ? 0.3 * Math.sin(i)
              : /scale$/.test(path)
                ? value + 0.3 * Math.sin(i)
                : (/embedding|positions/i.test(path) ? 30 : /(output|down)\.weight/.test(path) ? 4 : 1) * value,
        ),
      ),
    ),
  );
  if (format === undefined) return { network: plain, weights: initial };
  const quantised = new Flamingo(plain.config, (path) => (/^(language|fusion)\./.test(path) ? format : undefined));
  const weights = new Map(convertWeights(quantised.weights(), initial));
  return { network: new Flamingo(plain.config, formatsOf(weights)), weights };
}

function emptyCache({ config, fusion }: Flamingo, withMedia: boolean, rows: number, size: number): Cache {
  const { blocks, keyHeads, headDim } = config.language;
  const names = Array.from({ length: blocks + (withMedia ? fusion.grafted.length : 0) }, (_, i) => [`${i}.key`, `${i}.value`]).flat();
  return new Map(names.map((name) => [name, zeros([rows, keyHeads, size, headDim])]));
}

function zeros(shape: readonly number[]): FloatTensor {
  return { dtype: "float32", shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) };
}

/** A copy with room for so many tokens. */
function grown(cache: Cache, size: number): Cache {
  return new Map(
    [...cache].map(
      ([
        name,
        {
          shape: [rows, heads, before, headDim],
          data,
        },
      ]) => {
        const made = zeros([rows!, heads!, size, headDim!]);
        const length = before! * headDim!;
        for (let i = 0; i < rows! * heads!; i++) made.data.set(data.subarray(i * length, (i + 1) * length), i * size * headDim!);
        return [name, made];
      },
    ),
  );
}

function rowsOfLogits(logits: Float32Array, rows: number): number[][] {
  const length = logits.length / rows;
  return Array.from({ length: rows }, (_, row) => Array.from(logits.subarray(row * length, (row + 1) * length)));
}

function rowsOf(cache: Cache, rows: readonly number[]): Cache {
  return new Map(
    [...cache].map(([name, { shape, data }]) => {
      const made = zeros([rows.length, ...shape.slice(1)]);
      const length = made.data.length / rows.length;
      rows.forEach((row, i) => void made.data.set(data.subarray(row * length, (row + 1) * length), i * length));
      return [name, made];
    }),
  );
}

/** Reads these tokens after what the cache holds of each row, and writes them into it. @returns logits */
type Read = (rows: readonly { readonly tokens: readonly number[]; readonly sees: number }[], cache: Cache, past: readonly number[]) => Promise<Float32Array>;

function mediaFeeds({ config, fusion, resampler }: Flamingo): (rows: Parameters<Read>[0]) => Record<string, HostTensor> {
  const shape = [media, fusion.heads, resampler.latents, fusion.headDim];
  const names = Array.from({ length: fusion.count }, (_, j) => [`media.${j}.key`, `media.${j}.value`]).flat();
  const keysValues = Object.fromEntries(names.map((name, i) => [name, random(shape, i + 1)]));
  return (rows) => {
    const view = rows.map(({ tokens, sees }) => ({ mediaOf: tokens.map(() => sees), first: 0 }));
    return { ...keysValues, ...mediaView(view, { tokens: longestOf(rows), attend: config.fusion.attend, media, leastSegment: 2 }) };
  };
}

function longestOf(rows: Parameters<Read>[0]): number {
  return Math.max(...rows.map(({ tokens }) => tokens.length));
}

/** By the graph for everything. */
async function reader(network: Flamingo, weights: ReadonlyMap<string, HostTensor>, withMedia: boolean): Promise<Read> {
  const session = await runtime.compile(toOnnx({ outputs: network.graphs.language({ media: withMedia, logits: "all" }) }), weights);
  const mediaOf = withMedia ? mediaFeeds(network) : () => ({});
  return async (rows, cache, past) => {
    const longest = longestOf(rows);
    const table = (of: (tokens: readonly number[]) => readonly number[], padding = 0): HostTensor =>
      integers(
        [rows.length, longest],
        rows.flatMap(({ tokens }) => [...of(tokens), ...new Array<number>(longest - tokens.length).fill(padding)]),
      );
    const results = await session.run({
      tokens: table((tokens) => tokens),
      branches: table((tokens) => tokens.map(() => 0), -1),
      places: table((tokens) => tokens.map((_, i) => i)),
      pastLengths: integers([past.length], past),
      prefixLength: integers([1], [0]),
      ...Object.fromEntries([...cache].map(([name, tensor]) => [`cache.${name}`, tensor])),
      ...Object.fromEntries([...cache].map(([name, { shape }]) => [`prefix.${name}`, zeros([1, shape[1]!, 1, shape[3]!])])),
      ...mediaOf(rows),
    });
    for (const [name, { shape, data }] of cache) {
      const [, heads, size, headDim] = shape as [number, number, number, number];
      const fresh = results[`new.${name}`]!.data as Float32Array;
      for (const [row, { tokens }] of rows.entries())
        for (let head = row * heads; head < (row + 1) * heads; head++)
          data.set(fresh.subarray(head * longest * headDim, (head * longest + tokens.length) * headDim), (head * size + past[row]!) * headDim);
    }
    return results["logits"]!.data as Float32Array;
  };
}

/** By the graph of one token of each row. */
async function stepper(network: Flamingo, weights: ReadonlyMap<string, HostTensor>, withMedia: boolean, on: Runtime = runtime): Promise<Read> {
  const session = await on.compile(toOnnx({ outputs: network.graphs.step({ media: withMedia }) }), weights);
  const mediaOf = withMedia ? mediaFeeds(network) : () => ({});
  return async (rows, cache, past) => {
    const variables = await Promise.all([...cache].map(async ([name, tensor]) => [name, await on.variable(tensor)] as const));
    const { logits } = await session.run(
      {
        tokens: integers(
          [rows.length, 1],
          rows.flatMap(({ tokens }) => tokens),
        ),
        pastLengths: integers([past.length], past),
        ...Object.fromEntries(variables.map(([name, variable]) => [`cache.${name}`, variable])),
        ...mediaOf(rows),
      },
      { outputs: ["logits"], inPlace: Object.fromEntries(variables.map(([name, variable]) => [`kept.${name}`, variable])) },
    );
    for (const [name, variable] of variables) {
      cache.get(name)!.data.set((await variable.read()).data as Float32Array);
      await variable.dispose();
    }
    return logits!.data as Float32Array;
  };
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
