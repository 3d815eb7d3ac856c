import { describe, expect, test } from "vitest";
import { constant, gradients, input, logSoftmax, mean, negate, parameterAttributes, slice, type Tensor, takeAlongLast } from "../../src/graph/graph.ts";
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
const [batch, length] = [rows.length, rows[0]!.length];
const tokens = integers([batch, length], rows.flat());

/** Mean cross-entropy of each row's next tokens. @param logits - [batch, tokens, vocabulary] */
function nextTokenLoss(logits: Tensor): Tensor {
  const targets = constant(
    rows.flatMap((row) => row.slice(1)),
    [batch, length - 1],
    "int64",
  );
  const scores = slice(logits, 1, 0, length - 1);
  return negate(mean(takeAlongLast(logSoftmax(scores), targets), [0, 1]));
}

function relativeDifference(found: Float32Array, expected: readonly number[]): number {
  return largestDifference(found, expected) / Math.max(...expected.map(Math.abs));
}

describe("the same numbers as Hugging Face transformers and PyTorch", () => {
  test.each(reference.families)("$name", async ({ config, sharedNorm, logits: expected, loss: expectedLoss, embeddingGradient }) => {
    const scope = new Scope();
    const model = new LanguageModel(scope, languageConfig.parse(config));
    const weights = [...scope.parameters()].map(([path, tensor]) => {
      const { shape } = parameterAttributes(tensor);
      const source = sharedNorm ? path.replace("feedForwardNorm", "attentionNorm") : path;
      return [
        path,
        floats(
          shape,
          referenceWeights(
            source,
            shape.reduce((a, b) => a * b, 1),
          ),
        ),
      ] as const;
    });
    const { logits } = model.forward({ tokens: input("tokens", "int64", [batch, length]) });
    const loss = nextTokenLoss(logits);
    const [gradient] = gradients(loss, [scope.parameters().get("embedding.weight")!]);
    const run = await compile({ logits, loss, gradient: gradient! });
    const found = await run({ ...Object.fromEntries(weights), tokens });
    expect(Math.max(...expected)).toBeGreaterThan(1);
    expect(relativeDifference(found["logits"]!, expected)).toBeLessThan(2e-5);
    expect(found["loss"]![0]).toBeCloseTo(expectedLoss, 4);
    expect(relativeDifference(found["gradient"]!, embeddingGradient)).toBeLessThan(1e-4);
  });
});
