/**
 * SmolLM2-135M-Instruct, real weights in a Q4_1 GGUF file, against llama.cpp on the same file (tools/reference/smollm2.py). llama.cpp rounds activations to 8 bits before each product and its
 * cache to 16; we do not. So it is asked twice: as it runs the file, and with the same weights as float32, where it rounds nothing and every token must be the same.
 */
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ggufLanguage } from "../../src/checkpoint/published/gguf/language.ts";
import { ggufTokenizer } from "../../src/checkpoint/published/gguf/tokenizer.ts";
import { type OpenedWeights, openWeightsAt } from "../../src/checkpoint/weights.ts";
import { Tokenizer } from "../../src/data/tokenizer.ts";
import { languageConfig } from "../../src/model/language/config.ts";
import { languageSizes } from "../../src/model/language/sizes.ts";
import { smollm2File } from "../../tools/smollm2-file.ts";
import reference from "../fixtures/smollm2/llama-cpp.json" with { type: "json" };
import { likeliest, logitsOf } from "./language-logits.ts";

const why = existsSync(smollm2File) ? "" : `: skipped, since ${smollm2File} is not there (node tools/ensure-smollm2.ts fetches it)`;

describe.skipIf(why !== "")(`SmolLM2-135M-Instruct${why}`, () => {
  let opened: OpenedWeights;
  let run: (tokens: readonly number[]) => Promise<Float32Array>;
  let entries: number;
  beforeAll(async () => {
    opened = await openWeightsAt(smollm2File);
    const language = await ggufLanguage(opened.file, smollm2File);
    entries = language.config.vocabulary;
    run = await logitsOf(language, opened.file.weights);
  }, 120_000);
  afterAll(() => opened.close());

  test("is the named size", async () => {
    const size = languageConfig.parse({ ...languageSizes["smollm2-135m"], positions: { kind: "rotary", base: 100_000, layout: "interleaved" } });
    expect((await ggufLanguage(opened.file, smollm2File)).config).toEqual(size);
  });

  test("its tokenizer gives llama.cpp's ids, and every text back", () => {
    const tokenizer = Tokenizer.fromJson(ggufTokenizer(opened.file, smollm2File));
    expect(tokenizer.size).toBe(entries);
    for (const { text, ids } of reference.texts) {
      expect(tokenizer.encode(text), text).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(text);
    }
    for (const { text, tokens } of reference.prompts) expect(tokenizer.encode(text), text).toEqual(tokens);
  });

  /** Positions at which another token is likelier than the one that llama.cpp chose after the same tokens, with how much. */
  async function departures(tokens: readonly number[], greedy: readonly number[]): Promise<{ step: number; gap: number }[]> {
    const logits = await run([...tokens, ...greedy]);
    return greedy.flatMap((token, step) => {
      const position = tokens.length + step - 1;
      const ours = likeliest(logits, entries, position);
      return ours === token ? [] : [{ step, gap: logits[position * entries + ours]! - logits[position * entries + token]! }];
    });
  }

  test("greedy continuations of 20 prompts are llama.cpp's", async () => {
    expect(reference.prompts).toHaveLength(20);
    for (const { text, tokens, exactGreedy } of reference.prompts) expect(await departures(tokens, exactGreedy), text).toEqual([]);
  }, 600_000);

  test("as llama.cpp runs the file, it parts from that in half of them, at near ties", async () => {
    const parted = reference.prompts.flatMap(({ text, tokens, greedy, exactGreedy }) => {
      const step = greedy.findIndex((token, i) => token !== exactGreedy[i]);
      return step < 0 ? [] : [{ text, tokens, greedy, step }];
    });
    expect(parted.length).toBeLessThanOrEqual(10);
    for (const { text, tokens, greedy, step } of parted) {
      const [first] = await departures(tokens, greedy);
      expect(first?.step, text).toBe(step);
      expect(first?.gap, text).toBeLessThan(0.5);
    }
  }, 600_000);

  test("perplexity is within 1% of llama.cpp's", async () => {
    const tokenizer = Tokenizer.fromJson(ggufTokenizer(opened.file, smollm2File));
    const tokens = tokenizer.encode(reference.likelihood.text);
    expect(tokens).toHaveLength(reference.likelihood.tokens);
    const logits = await run(tokens);
    const logProbability = tokens.slice(1).reduce((sum, token, i) => {
      const row = logits.subarray(i * entries, (i + 1) * entries);
      const largest = row[likeliest(logits, entries, i)]!;
      return sum + row[token]! - largest - Math.log(row.reduce((total, value) => total + Math.exp(value - largest), 0));
    }, 0);
    const perplexity = (sum: number): number => Math.exp(-sum / (tokens.length - 1));
    expect(Math.abs(perplexity(logProbability) / perplexity(reference.likelihood.logProbability) - 1)).toBeLessThan(0.01);
    expect(Math.abs(perplexity(logProbability) / perplexity(reference.likelihood.exactLogProbability) - 1)).toBeLessThan(1e-4);
  }, 120_000);
});
