import { describe, expect, test } from "vitest";
import { input } from "../../src/graph/graph.ts";
import type { LanguageConfig } from "../../src/model/language/config.ts";
import type { LanguageModel } from "../../src/model/language/language-model.ts";
import type { KeyValue } from "../../src/model/language/self-attention.ts";
import { compile, floats, integers, largestDifference, type Values } from "../model/support.ts";
import { CacheRows, cachedPass, document, fullPass, type Run, scoresAt, smallModel } from "./support.ts";

/** Rows that go on after one shared beginning, each with a cache of its own, and may branch. */
async function sharedPass(model: LanguageModel, { keyHeads, headDim, blocks }: LanguageConfig): Promise<Run> {
  const cacheOf = (name: string, rows: number | string, size: string): KeyValue[] =>
    Array.from({ length: blocks }, (_, i) => {
      const shape = [rows, keyHeads, size, headDim];
      return { key: input(`${name}.${i}.key`, "float32", shape), value: input(`${name}.${i}.value`, "float32", shape) };
    });
  const table = (name: string) => input(name, "int64", ["batch", "tokens"]);
  const { logits } = model.forward({
    tokens: table("tokens"),
    pastLengths: input("pastLengths", "int64", ["batch"]),
    cache: cacheOf("cache", "batch", "past"),
    prefix: { length: input("prefixLength", "int64", [1]), cache: cacheOf("prefix", 1, "prefix") },
    branches: { branch: table("branches"), place: table("places") },
  });
  return compile({ logits });
}

const prefix = document(5, 1);
const owns = [document(3, 2), document(1, 3)];

/** What was read, as the two caches hold it; both are longer than what of them is valid. */
async function read(model: LanguageModel, config: LanguageConfig, weights: Values): Promise<Values> {
  const cached = await cachedPass(model, config);
  const shared = new CacheRows(config, 1, 7);
  shared.append(await cached({ ...weights, ...shared.feeds(), tokens: integers([1, 5], prefix) }), 5, [5]);
  const { pastLengths: _, ...prefixFeeds } = shared.feeds();
  // Each row's own tokens, read after the prefix: taken from a cache of the whole.
  const whole = new CacheRows(config, 2, 8);
  whole.append(await cached({ ...weights, ...whole.feeds(), tokens: integers([2, 5], [...prefix, ...prefix]) }), 5, [5, 5]);
  const results = await cached({ ...weights, ...whole.feeds(), tokens: integers([2, 3], [...owns[0]!, ...owns[1]!, 0, 0]) });
  const own = new CacheRows(config, 2, 4);
  own.append(results, 3, [3, 1]);
  const named = Object.entries(prefixFeeds).map(([name, value]) => [name.replace("cache.", "prefix."), value]);
  return { ...own.feeds(), ...(Object.fromEntries(named) as Values), prefixLength: integers([1], [5]) };
}

describe.each([
  ["learnt", { kind: "learnt", offset: 2 }],
  ["rotary", { kind: "rotary", base: 100 }],
  ["alibi", { kind: "alibi" }],
  ["relative", { kind: "relative" }],
] as const)("rows after a shared beginning, %s positions", (_, positions) => {
  test("are read as if each had read it itself, also in branches beside each other", async () => {
    const { model, config, weights } = smallModel({ positions, keyHeads: 2 });
    const [full, run, caches] = [await fullPass(model), await sharedPass(model, config), await read(model, config, weights)];
    // Row 0: two branches of 2 and 1 tokens. Row 1: a token of its own that both of its branches of 1 follow.
    const [a, b, c] = [document(2, 4), document(1, 5), document(3, 6)];
    const tokens = [...a, ...b, ...c];
    const feeds = {
      tokens: integers([2, 3], tokens),
      branches: integers([2, 3], [1, 1, 2, 0, 1, 2]),
      places: integers([2, 3], [0, 1, 0, 0, 1, 1]),
    };
    const found = (await run({ ...weights, ...caches, ...feeds }))["logits"]!;
    const expected = async (row: number, continuation: readonly number[]): Promise<Float32Array> => {
      const all = [...prefix, ...owns[row]!, ...continuation];
      return scoresAt((await full({ ...weights, tokens: integers([1, all.length], all) }))["logits"]!, all.length, 0, all.length - 1);
    };
    const ways: [row: number, place: number, continuation: number[]][] = [
      [0, 0, a.slice(0, 1)],
      [0, 1, a],
      [0, 2, b],
      [1, 0, c.slice(0, 1)],
      [1, 1, c.slice(0, 2)],
      [1, 2, [c[0]!, c[2]!]],
    ];
    for (const [row, place, continuation] of ways)
      expect(largestDifference(scoresAt(found, 3, row, place), await expected(row, continuation))).toBeLessThan(2e-4);
  });

  test("with nothing shared are as without", async () => {
    const { model, config, weights } = smallModel({ positions });
    const [full, run] = [await fullPass(model), await sharedPass(model, config)];
    const shape = [1, config.keyHeads, 1, config.headDim];
    const zeros = floats(shape, new Float32Array(config.keyHeads * config.headDim));
    const names = Array.from({ length: config.blocks }, (_, i) => [`${i}.key`, `${i}.value`]).flat();
    const blanks = Object.fromEntries(names.flatMap((name) => [`prefix.${name}`, `cache.${name}`].map((each) => [each, zeros] as const)));
    const feeds = {
      pastLengths: integers([1], [0]),
      prefixLength: integers([1], [0]),
      branches: integers([1, 5], [0, 0, 0, 0, 0]),
      places: integers([1, 5], [0, 1, 2, 3, 4]),
    };
    const found = (await run({ ...weights, ...blanks, ...feeds, tokens: integers([1, 5], prefix) }))["logits"]!;
    expect(largestDifference(found, (await full({ ...weights, tokens: integers([1, 5], prefix) }))["logits"]!)).toBeLessThan(2e-4);
  });
});
