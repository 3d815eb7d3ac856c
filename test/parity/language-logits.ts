import type { PublishedLanguage } from "../../src/checkpoint/published/published-language.ts";
import type { StoredWeight } from "../../src/checkpoint/weight-file.ts";
import { input } from "../../src/graph/graph.ts";
import { LanguageModel } from "../../src/model/language/language-model.ts";
import { Scope } from "../../src/nn/scope.ts";
import { compile, integers } from "../model/support.ts";
import { mappedWeights } from "./published-model.ts";

/** A published language model by itself: from tokens to the logits of all of them, [tokens, vocabulary]. */
export async function logitsOf(
  { config, weights }: PublishedLanguage,
  published: ReadonlyMap<string, StoredWeight>,
): Promise<(tokens: readonly number[]) => Promise<Float32Array>> {
  const scope = new Scope();
  const { logits } = new LanguageModel(scope.child("language"), config).forward({ tokens: input("tokens", "int64", [1, "tokens"]) });
  const values = Object.fromEntries(await mappedWeights(weights, published, scope.parameters()));
  const run = await compile({ logits });
  return async (tokens) => (await run({ ...values, tokens: integers([1, tokens.length], tokens) }))["logits"]!;
}

/** The token that the logits of one position favour. @param entries - of the vocabulary */
export function likeliest(logits: Float32Array, entries: number, position: number): number {
  const row = logits.subarray(position * entries, (position + 1) * entries);
  return row.reduce((best, value, id) => (value > row[best]! ? id : best), 0);
}
