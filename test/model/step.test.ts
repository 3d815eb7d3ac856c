/** The graph of one token of each row gives what the graph for everything gives, and leaves the same in the caches. */
import { afterAll, describe, expect, test } from "vitest";
import { NativeSession } from "../../bench/engine/native.ts";
import { convertWeights } from "../../src/checkpoint/convert-weights.ts";
import { mediaView } from "../../src/data/media-view.ts";
import { toOnnx, withParameters } from "../../src/graph/graph.ts";
import { type FlamingoConfigInput, parseFlamingoConfig } from "../../src/model/config.ts";
import { Flamingo } from "../../src/model/flamingo.ts";
import { formatsOf, type WeightFormat } from "../../src/nn/scope.ts";
import { createRuntime, type HostTensor } from "../../src/runtime/runtime.ts";
import { floats, integers, noise, random, weightsOf } from "./support.ts";

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
const kinds: readonly (readonly [string, FlamingoConfigInput, WeightFormat?])[] = [
  ...Object.entries(languages).map(([name, language]) => [name, configOf(language, gated)] as const),
  ...Object.entries(fusions).map(([name, fusion]) => [name, configOf({ ...llama, window: { tokens: 5 } }, fusion)] as const),
  ["matrices in blocks of 8 bits", configOf(llama, gated), { bits: 8, blockSize: 32, offsets: false }],
  ["matrices in blocks of 4 bits with offsets", configOf({ ...llama, keyHeads: 2 }, gated), { bits: 4, blockSize: 32, offsets: true }],
  ["matrices in channels", configOf(llama, gated), "channels"],
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

type Cache = Map<string, HostTensor>;

describe.each([true, false])("with media: %s", (withMedia) => {
  test.each(kinds)("%s", async (_, config, format) => {
    const { network, weights } = model(config, format);
    expect(network.graphs.hasStep).toBe(true);
    const language = await runtime.compile(toOnnx({ outputs: network.graphs.language({ media: withMedia, logits: "all" }) }), weights);
    const step = stepper(network, weights, withMedia);
    const mediaFeeds = withMedia ? mediaOf(network) : {};
    const whole = async (tokens: readonly (readonly number[])[], cache: Cache, past: readonly number[]) => {
      const longest = Math.max(...tokens.map(({ length }) => length));
      const table = (of: (row: readonly number[]) => readonly number[], padding: number): HostTensor =>
        integers(
          [tokens.length, longest],
          tokens.flatMap((row) => [...of(row), ...new Array<number>(longest - row.length).fill(padding)]),
        );
      const prefixes = [...cache].map(([name, { shape }]) => [`prefix.${name}`, zeros([1, shape[1]!, 1, shape[3]!])] as const);
      const results = await language.run({
        tokens: table((row) => row, 0),
        branches: table((row) => row.map(() => 0), -1),
        places: table((row) => row.map((_, i) => i), 0),
        pastLengths: integers([past.length], past),
        prefixLength: integers([1], [0]),
        ...Object.fromEntries([...prefixes, ...[...cache].map(([name, tensor]) => [`cache.${name}`, tensor] as const)]),
        ...mediaFeeds,
        ...(withMedia ? view(network, tokens, seen) : {}),
      });
      for (const [name, into] of cache)
        write(
          into,
          results[`new.${name}`]!,
          past,
          tokens.map(({ length }) => length),
        );
      return results["logits"]!;
    };
    let cache = emptyCache(network, withMedia, lengths.length, sizes[0]!);
    await whole(
      lengths.map((length, row) => Array.from({ length }, (_, i) => (11 * i + 5 * row + 1) % 40)),
      cache,
      lengths.map(() => 0),
    );
    let stepped: Cache = new Map([...cache].map(([name, tensor]) => [name, { ...tensor, data: (tensor.data as Float32Array).slice() }]));
    let past = [...lengths];
    for (const [i, size] of sizes.entries()) {
      [cache, stepped] = [grown(cache, size), grown(stepped, size)];
      const next = past.map((_, row) => [(7 * i + 3 * row + 2) % 40]);
      const expected = await whole(next, cache, past);
      const alone = past.map((length, row) =>
        step(next.slice(row, row + 1), rowOf(stepped, row), [length], {
          ...mediaFeeds,
          ...(withMedia ? view(network, next.slice(row, row + 1), seen.slice(row, row + 1)) : {}),
        }),
      );
      const found = step(next, stepped, past, { ...mediaFeeds, ...(withMedia ? view(network, next, seen) : {}) });
      const scale = Math.max(...(expected.data as Float32Array).map(Math.abs));
      const bound = format === undefined ? [1e-4, 1e-5] : [3e-2, 3e-2];
      expect(worst(found.data as Float32Array, expected.data as Float32Array) / scale).toBeLessThan(bound[0]!);
      for (const [name, tensor] of cache)
        expect(worst(stepped.get(name)!.data as Float32Array, tensor.data as Float32Array)).toBeLessThan(
          bound[1]! * Math.max(1, ...(tensor.data as Float32Array).map(Math.abs)),
        );
      // To the last bit: what a row is read with does not matter to it.
      if (config.fusion.attend !== "all") expect(Array.from(found.data as Float32Array)).toEqual(alone.flatMap(({ data }) => Array.from(data as Float32Array)));
      past = past.map((length) => length + 1);
    }
  });
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

function mediaOf({ fusion, resampler }: Flamingo): Record<string, HostTensor> {
  const shape = [media, fusion.heads, resampler.latents, fusion.headDim];
  return Object.fromEntries(
    Array.from({ length: fusion.count }, (_, j) => [
      [`media.${j}.key`, random(shape, 2 * j + 1)],
      [`media.${j}.value`, random(shape, 2 * j + 2)],
    ]).flat(),
  );
}

function view({ config }: Flamingo, tokens: readonly (readonly number[])[], sees: readonly number[]): Record<string, HostTensor> {
  const rows = tokens.map((row, i) => ({ mediaOf: row.map(() => sees[i]!), first: 0 }));
  return mediaView(rows, { tokens: Math.max(...tokens.map(({ length }) => length)), attend: config.fusion.attend, media, leastSegment: 2 });
}

function emptyCache({ config, fusion }: Flamingo, withMedia: boolean, rows: number, size: number): Cache {
  const { blocks, keyHeads, headDim } = config.language;
  const count = blocks + (withMedia ? fusion.grafted.length : 0);
  return new Map(
    Array.from({ length: count }, (_, i) => [`${i}.key`, `${i}.value`])
      .flat()
      .map((name) => [name, zeros([rows, keyHeads, size, headDim])]),
  );
}

function zeros(shape: readonly number[]): HostTensor {
  return floats(shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));
}

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
        if (before === size) return [name, cache.get(name)!];
        const made = zeros([rows!, heads!, size, headDim!]);
        for (let i = 0; i < rows! * heads!; i++)
          (made.data as Float32Array).set((data as Float32Array).subarray(i * before! * headDim!, (i + 1) * before! * headDim!), i * size * headDim!);
        return [name, made];
      },
    ),
  );
}

function rowOf(cache: Cache, row: number): Cache {
  return new Map(
    [...cache].map(
      ([
        name,
        {
          shape: [, ...rest],
          data,
        },
      ]) => {
        const count = rest.reduce((a, b) => a * b, 1);
        return [name, floats([1, ...rest], (data as Float32Array).slice(row * count, (row + 1) * count))];
      },
    ),
  );
}

function write({ shape: [rows, heads, size, headDim], data }: HostTensor, fresh: HostTensor, past: readonly number[], counts: readonly number[]): void {
  const tokens = fresh.shape[2]!;
  for (let row = 0; row < rows!; row++)
    for (let head = 0; head < heads!; head++) {
      const at = row * heads! + head;
      const part = (fresh.data as Float32Array).subarray(at * tokens * headDim!, (at * tokens + counts[row]!) * headDim!);
      (data as Float32Array).set(part, (at * size! + past[row]!) * headDim!);
    }
}

function stepper(network: Flamingo, weights: ReadonlyMap<string, HostTensor>, withMedia: boolean) {
  const graph = toOnnx({ outputs: network.graphs.step({ media: withMedia }) });
  const bytes = ({ data }: HostTensor): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const session = new NativeSession(withParameters(graph, new Map(graph.parameters.map((each) => [each.path, bytes(weights.get(each.path)!)]))), 1);
  return (next: readonly (readonly number[])[], cache: Cache, past: readonly number[], feeds: Record<string, HostTensor>): HostTensor => {
    const logits = zeros([next.length, network.config.language.vocabulary + network.config.language.extraTokens]);
    const all: Record<string, HostTensor> = { tokens: integers([next.length, 1], next.flat()), pastLengths: integers([past.length], past), ...feeds };
    for (const { name } of graph.inputs) session.input(name, all[name] ?? cache.get(name.replace("cache.", ""))!);
    for (const [name, tensor] of cache) session.output(`kept.${name}`, tensor);
    session.output("logits", logits);
    session.run();
    return logits;
  };
}

function worst(a: Float32Array, b: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < b.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}

void noise;
