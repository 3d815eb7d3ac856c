/** Beam search against transformers' `generate`: every hypothesis, their order and their scores. */
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { publishedLanguage } from "../../src/checkpoint/published/published-language.ts";
import { openWeightsAt } from "../../src/checkpoint/weights.ts";
import { type BeamOptions, beamSearch } from "../../src/generate/beam-search.ts";
import { LanguageContext } from "../../src/generate/language-context.ts";
import { ModelSessions } from "../../src/generate/model-sessions.ts";
import { parseFlamingoConfig } from "../../src/model/config.ts";
import { Flamingo } from "../../src/model/flamingo.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";
import { tinyConfig } from "../generate/tiny-model.ts";
import { fixtures, mappedWeights, readJson } from "./published-model.ts";

interface Case extends Required<Pick<BeamOptions, "beams" | "lengthPenalty" | "earlyStopping" | "maxTokens">> {
  readonly tokens: readonly number[];
  readonly end: number;
  readonly answers: readonly (readonly number[])[];
  readonly scores: readonly number[];
}

const { cases } = (await readJson("../generate/beam-search.json")) as { readonly cases: readonly Case[] };

const opened = await openWeightsAt(join(fixtures, "language-llama/model.safetensors"));
const language = publishedLanguage(await readJson("language-llama/config.json"), opened.file.weights, "language-llama");
const network = new Flamingo(parseFlamingoConfig({ ...tinyConfig, language: language.config }));
const ofLanguage = new Map([...network.parameters()].filter(([path]) => path.startsWith("language.")));
const weights = await mappedWeights(language.weights, opened.file.weights, ofLanguage);
await opened.close();
const runtime = await createRuntime({ device: "cpu", threads: 1, worker: false });
afterAll(() => runtime.dispose());
const sessions = new ModelSessions(network, weights, runtime);

async function search({ tokens, end, ...options }: Case): ReturnType<typeof beamSearch> {
  const context = LanguageContext.create(sessions, false);
  const logits = await context.read([context.continuation(0, tokens)]);
  const found = await beamSearch({ context, logits, endOfChunk: end }, options);
  await context.dispose();
  return found;
}

describe.each([false, true, "never"] as const)("the same hypotheses as transformers, early stopping %s", (earlyStopping) => {
  test.each([0, 0.6, 1, 2, -1])("length penalty %d", async (lengthPenalty) => {
    const chosen = cases.filter((each) => each.earlyStopping === earlyStopping && each.lengthPenalty === lengthPenalty);
    expect(chosen.length).toBeGreaterThan(5);
    for (const each of chosen) {
      const found = await search(each);
      expect(found.map(({ tokens }) => tokens)).toEqual(each.answers);
      for (const [i, { score }] of found.entries()) expect(score).toBeCloseTo(each.scores[i]!, 3);
    }
  });
});

test("without more said the search stops as transformers' does", async () => {
  for (const { earlyStopping, lengthPenalty, answers, ...rest } of cases)
    if (earlyStopping === false && lengthPenalty === 1) expect((await search({ ...rest, answers } as Case)).map(({ tokens }) => tokens)).toEqual(answers);
});
