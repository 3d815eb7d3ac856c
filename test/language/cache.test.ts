import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { integers, largestDifference } from "../model/support.ts";
import { CacheRows, cachedPass, document, fullPass, scoresAt, smallModel } from "./support.ts";

const positions = [
  { kind: "learnt", offset: 2 },
  { kind: "rotary", base: 100 },
  { kind: "rotary", base: 100, share: 0.5, layout: "interleaved" },
  { kind: "alibi" },
  { kind: "relative" },
  { kind: "none" },
] as const;

const options = fc.record({
  positions: fc.constantFrom(...positions),
  keyHeads: fc.constantFrom(1, 2, 4),
  norm: fc.constantFrom("layer", "rms"),
  queryKeyNorm: fc.constantFrom("none", "head", "all"),
  activation: fc.constantFrom("gelu", "geluTanh", "swiGlu", "squaredRelu", "relu"),
  residual: fc.constantFrom("sequential", "parallel"),
  bias: fc.record({ attention: fc.boolean(), feedForward: fc.boolean(), norm: fc.boolean() }),
  tiedEmbeddings: fc.boolean(),
  extraTokens: fc.constant(2),
});

/** Two documents of different lengths, run in pieces of these sizes through one cache; each position's scores beside those of the document by itself. */
async function compareWithFullPass(config: object, pieces: readonly number[], lengths: readonly number[], past: number): Promise<number> {
  const built = smallModel(config);
  const [full, cached] = [await fullPass(built.model), await cachedPass(built.model, built.config)];
  const documents = lengths.map((length, row) => document(length, 5 + row));
  const expected = await Promise.all(documents.map((tokens) => full({ ...built.weights, tokens: integers([1, tokens.length], tokens) })));
  const cache = new CacheRows(built.config, documents.length, past);
  let worst = 0;
  for (const piece of pieces) {
    const counts = documents.map((tokens, row) => Math.min(piece, tokens.length - cache.lengths[row]!));
    const padded = documents.flatMap((tokens, row) => Array.from({ length: piece }, (_, i) => (i < counts[row]! ? tokens[cache.lengths[row]! + i]! : 0)));
    const results = await cached({ ...built.weights, ...cache.feeds(), tokens: integers([documents.length, piece], padded) });
    counts.forEach((count, row) => {
      for (let i = 0; i < count; i++) {
        const whole = scoresAt(expected[row]!["logits"]!, documents[row]!.length, 0, cache.lengths[row]! + i);
        worst = Math.max(worst, largestDifference(scoresAt(results["logits"]!, piece, row, i), whole));
      }
    });
    cache.append(results, piece, counts);
  }
  expect(cache.lengths).toEqual(lengths);
  return worst;
}

describe("a cache changes nothing", () => {
  test.each(positions.map((value) => [value.kind, value] as const))("%s positions, one token at a time", async (_, value) => {
    expect(await compareWithFullPass({ positions: value }, Array(8).fill(1), [8, 5], 11)).toBeLessThan(2e-4);
  });

  test("any options, any pieces, any bucket", async () => {
    const splits = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(options, splits, fc.nat(3), fc.nat(4), async (config, pieces, spare, shorter) => {
        const length = pieces.reduce((a, b) => a + b, 0);
        const difference = await compareWithFullPass(config, pieces, [length, Math.max(1, length - shorter)], length + spare);
        expect(difference).toBeLessThan(2e-4);
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  test("an empty cache will do for the first piece", async () => {
    const { model, config, weights } = smallModel({});
    const [full, cached] = [await fullPass(model), await cachedPass(model, config)];
    const tokens = integers([1, 6], document(6, 3));
    const first = await cached({ ...weights, ...new CacheRows(config, 1, 0).feeds(), tokens });
    expect(largestDifference(first["logits"]!, (await full({ ...weights, tokens }))["logits"]!)).toBeLessThan(2e-4);
  });
});

describe("batches", () => {
  test("padding on the right changes nothing, whatever it holds", async () => {
    await fc.assert(
      fc.asyncProperty(options, fc.integer({ min: 1, max: 6 }), async (config, length) => {
        const { model, weights } = smallModel(config);
        const run = await fullPass(model);
        const [long, short] = [document(6, 1), document(length, 2)];
        const padded = [...short, ...document(6 - length, 3)];
        const both = (await run({ ...weights, tokens: integers([2, 6], [...long, ...padded]) }))["logits"]!;
        const alone = (await run({ ...weights, tokens: integers([1, length], short) }))["logits"]!;
        for (let i = 0; i < length; i++) expect(largestDifference(scoresAt(both, 6, 1, i), scoresAt(alone, length, 0, i))).toBeLessThan(2e-4);
      }),
      { numRuns: 20, seed: 2 },
    );
  });
});
