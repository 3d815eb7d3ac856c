import { describe, expect, test } from "vitest";
import { gradients, input, multiply, sum } from "../../src/graph/graph.ts";
import { compile, floats, integers, largestDifference, noise, type Value } from "../model/support.ts";
import { document, extraTokens, smallModel, vocabulary } from "./support.ts";

function joined(own: Value, extra: Value): Value {
  return floats([vocabulary + extraTokens, own.shape[1]!], [...(own.data as Float32Array), ...(extra.data as Float32Array)]);
}

describe("extra tokens are rows of the vocabulary like any other", () => {
  test.each([true, false])("tied embeddings: %s", async (tiedEmbeddings) => {
    const apart = smallModel({ tiedEmbeddings });
    const whole = smallModel({ tiedEmbeddings, vocabulary: vocabulary + extraTokens, extraTokens: 0 });
    const { weights } = apart;
    const same: Record<string, Value> = { ...weights, "embedding.weight": joined(weights["embedding.weight"]!, weights["extraEmbedding.weight"]!) };
    if (!tiedEmbeddings) same["head.weight"] = joined(weights["head.weight"]!, weights["extraHead.weight"]!);

    const pass = async ({ model, scope }: typeof apart, path: string): Promise<(values: Record<string, Value>) => Promise<Record<string, Float32Array>>> => {
      const { logits } = model.forward({ tokens: input("tokens", "int64", ["batch", "tokens"]) });
      const loss = sum(multiply(logits, input("direction", "float32", ["batch", "tokens", vocabulary + extraTokens])), [0, 1, 2]);
      return compile({ logits, gradient: gradients(loss, [scope.parameters().get(path)!])[0]! });
    };
    const tokens = integers([2, 9], [...document(7, 1), vocabulary, vocabulary + 1, ...document(9, 2)]);
    const feeds = { tokens, direction: floats([2, 9, vocabulary + extraTokens], noise(2 * 9 * (vocabulary + extraTokens), 9)) };
    const found = await (await pass(apart, "extraEmbedding.weight"))({ ...weights, ...feeds });
    const expected = await (await pass(whole, "embedding.weight"))({ ...same, ...feeds });
    expect(largestDifference(found["logits"]!, expected["logits"]!)).toBeLessThan(1e-5);
    // The new rows can be trained alone, and learn what they would learn as part of one matrix.
    const rows = expected["gradient"]!.subarray(vocabulary * 16);
    expect(Math.max(...rows)).toBeGreaterThan(0.1);
    expect(largestDifference(found["gradient"]!, rows)).toBeLessThan(1e-4);
  });
});
