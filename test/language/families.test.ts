import { describe, expect, test } from "vitest";
import { input, parameterAttributes } from "../../src/graph/graph.ts";
import { languageConfig } from "../../src/model/language/config.ts";
import { LanguageModel } from "../../src/model/language/language-model.ts";
import { Scope } from "../../src/nn/scope.ts";
import reference from "../fixtures/language/families.json" with { type: "json" };
import { compile, floats, integers, largestDifference } from "../model/support.ts";

/** The weights that tools/reference/language.py gave the other implementation. */
function referenceWeights(path: string, count: number): Float32Array {
  let state = 0x811c9dc5;
  for (const character of path) state = Math.imul(state ^ character.charCodeAt(0), 16777619);
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 0) / 2 ** 32 - 0.5 + (path.endsWith(".scale") ? 1 : 0);
  });
}

const rows = reference.tokens;
const tokens = integers([rows.length, rows[0]!.length], rows.flat());

describe("logits equal those of Hugging Face transformers", () => {
  test.each(reference.families)("$name", async ({ config, sharedNorm, logits: expected }) => {
    const scope = new Scope();
    const model = new LanguageModel(scope, languageConfig.parse(config));
    const weights = [...scope.parameters()].map(([path, tensor]) => {
      const { shape } = parameterAttributes(tensor);
      const source = sharedNorm ? path.replace("feedForwardNorm", "attentionNorm") : path;
      return [path, floats(shape, referenceWeights(source, shape.reduce((a, b) => a * b, 1)))] as const;
    });
    const { logits } = model.forward({ tokens: input("tokens", "int64", ["batch", "tokens"]) });
    const run = await compile({ logits });
    const found = (await run({ ...Object.fromEntries(weights), tokens }))["logits"]!;
    const scale = Math.max(...expected.map(Math.abs));
    expect(scale).toBeGreaterThan(1);
    expect(largestDifference(found, expected) / scale).toBeLessThan(2e-5);
  });
});
