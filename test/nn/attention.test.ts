import { describe, expect, test } from "vitest";
import { concat, expand, filled, input, reshape, split, type Tensor } from "../../src/graph/graph.ts";
import { type AttentionOptions, attention, joinHeads, splitBias, splitHeads } from "../../src/nn/attention.ts";
import { forbidden } from "../../src/nn/masks.ts";
import { compile, floats, largestDifference, random } from "../model/support.ts";

const [batch, heads, keyHeads, tokens, keyTokens, headDim] = [2, 6, 2, 3, 5, 4];
const queries = input("queries", "float32", ["batch", "tokens", heads * headDim]);
const keys = input("keys", "float32", ["batch", keyHeads, keyTokens, headDim]);
const values = input("values", "float32", ["batch", keyHeads, keyTokens, headDim]);
type Parts = Tensor | readonly Tensor[];
const feeds = {
  queries: random([batch, tokens, heads * headDim], 1),
  keys: random([batch, keyHeads, keyTokens, headDim], 2),
  values: random([batch, keyHeads, keyTokens, headDim], 3),
};

/** [batch, tokens, heads*headDim] */
function attended(options: AttentionOptions = {}, [ofKeys, ofValues]: readonly [Parts, Parts] = [keys, values]): Tensor {
  return joinHeads(attention(splitHeads(queries, heads, keyHeads), ofKeys, ofValues, options));
}

/** The definition, head by head and query by query. */
function byHand(scale: number, bias: (b: number, h: number, t: number, s: number) => number = () => 0): Float32Array {
  const [q, k, v] = [feeds.queries.data, feeds.keys.data, feeds.values.data] as [Float32Array, Float32Array, Float32Array];
  const result = new Float32Array(batch * heads * tokens * headDim);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const keyStart = (b * keyHeads + Math.floor((h * keyHeads) / heads)) * keyTokens * headDim;
      for (let t = 0; t < tokens; t++) {
        const start = ((b * tokens + t) * heads + h) * headDim;
        const scores = Array.from({ length: keyTokens }, (_, s) => {
          let dot = 0;
          for (let d = 0; d < headDim; d++) dot += q[start + d]! * k[keyStart + s * headDim + d]!;
          return Math.exp(dot * scale + bias(b, h, t, s));
        });
        const total = scores.reduce((a, c) => a + c, 0);
        for (let d = 0; d < headDim; d++) result[start + d] = scores.reduce((sum, score, s) => sum + (score / total) * v[keyStart + s * headDim + d]!, 0);
      }
    }
  }
  return result;
}

describe("attention", () => {
  test.each([undefined, 0.3])("is what its definition says, scale %s", async (scale) => {
    const { y } = (await (await compile({ y: attended(scale === undefined ? {} : { scale }) }))(feeds)) as { y: Float32Array };
    expect(largestDifference(y, byHand(scale ?? 1 / Math.sqrt(headDim)))).toBeLessThan(1e-6);
  });

  test.each([
    [[1, 1, tokens, keyTokens]],
    [[batch, 1, tokens, keyTokens]],
    [[1, heads, tokens, keyTokens]],
    [[batch, heads, tokens, keyTokens]],
    [[batch, 1, 1, keyTokens]],
  ])("a bias of %j is added to the scores of the heads, rows and queries that it is for", async (shape) => {
    const [rows, ofHeads, ofTokens] = shape as [number, number, number, number];
    const bias = random(shape, 6);
    const named = [rows === 1 ? 1 : "batch", ofHeads, ofTokens === 1 ? 1 : "tokens", keyTokens];
    const { y } = (await (
      await compile({ y: attended({ bias: splitBias(input("bias", "float32", named), keyHeads) }) })
    )({ ...feeds, bias })) as { y: Float32Array };
    const expected = byHand(
      1 / Math.sqrt(headDim),
      (b, h, t, s) => bias.data[(((b % rows) * ofHeads + (h % ofHeads)) * ofTokens + (t % ofTokens)) * keyTokens + s] as number,
    );
    expect(largestDifference(y, expected)).toBeLessThan(1e-6);
  });

  test("keys and values in parts are the same as in one piece", async () => {
    const bias = input("bias", "float32", ["batch", 1, "tokens", keyTokens]);
    const parts = attended({ bias }, [split(keys, 2, [1, 3, 1]), split(values, 2, [1, 3, 1])]);
    const run = await compile({ parts, whole: attended({ bias }) });
    const result = await run({ ...feeds, bias: random([batch, 1, tokens, keyTokens], 4) });
    expect(largestDifference(result["parts"]!, result["whole"]!)).toBeLessThan(1e-6);
  });

  test("what is forbidden has no influence at all, and a row that sees nothing stays finite", async () => {
    const blocked = concat([filled(0, [1, 1, 1, 2]), filled(forbidden, [1, 1, 1, 3])], 3);
    const nothing = expand(filled(forbidden, [1]), [1, 1, 1, keyTokens]);
    const run = await compile({ seen: attended({ bias: blocked }), unseen: attended({ bias: nothing }) });
    const first = await run(feeds);
    const other = floats(
      feeds.values.shape,
      (feeds.values.data as Float32Array).map((value, i) => (Math.floor(i / headDim) % keyTokens < 2 ? value : 1e6)),
    );
    const second = await run({ ...feeds, values: other });
    expect(second["seen"]).toEqual(first["seen"]);
    expect(first["unseen"]!.every(Number.isFinite)).toBe(true);
  });

  test("heads come apart and together again", async () => {
    const x = input("x", "float32", ["batch", "tokens", 12]);
    const run = await compile({
      same: joinHeads(splitHeads(x, 3)),
      grouped: joinHeads(splitHeads(x, 6, 3)),
      head: reshape(splitHeads(x, 3), ["3*batch*tokens", 4]),
    });
    const fed = random([1, 2, 12], 5);
    const { same, grouped, head } = (await run({ x: fed })) as Record<"same" | "grouped" | "head", Float32Array>;
    expect(same).toEqual(fed.data);
    expect(grouped).toEqual(fed.data);
    // The second token's channels of head 0 come before the first token's of head 1.
    expect([...head.subarray(4, 8)]).toEqual([...(fed.data as Float32Array).subarray(12, 16)]);
  });

  test("sizes that do not fit are refused with their numbers", () => {
    expect(() => splitHeads(queries, 6, 4)).toThrow(/6 query heads cannot share 4 key heads/);
    expect(() => attended({}, [[keys, keys], [values]])).toThrow(/2 parts of keys, but 1 of values/);
    expect(() => splitHeads(input("x", "float32", ["batch", "tokens", 12]), 5)).toThrow(/width of 12 cannot be split into 5 heads/);
  });
});
