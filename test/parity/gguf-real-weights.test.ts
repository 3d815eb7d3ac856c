/**
 * Real weights in GGUF files against llama.cpp on the same files (tools/reference/gguf_continuations.py): SmolLM2-135M-Instruct in Q4_1, and Gemma 3 270M in Q4_K_M. llama.cpp rounds activations to 8 bits before each
 * product and its cache to 16; we do not. So it is asked twice: as it runs the file, and with the same weights as float32, where it rounds nothing and every token must be the same.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ggufLanguage } from "../../src/checkpoint/published/gguf/language.ts";
import { ggufTokenizer } from "../../src/checkpoint/published/gguf/tokenizer.ts";
import { type OpenedWeights, openWeightsAt } from "../../src/checkpoint/weights.ts";
import { Tokenizer } from "../../src/data/tokenizer.ts";
import { languageConfig } from "../../src/model/language/config.ts";
import { languageSizes } from "../../src/model/language/sizes.ts";
import { gemma3File } from "../../tools/gemma3-file.ts";
import { smollm2File } from "../../tools/smollm2-file.ts";
import { likeliest, logitsOf } from "./language-logits.ts";

interface Reference {
  readonly texts: readonly { readonly text: string; readonly ids: readonly number[] }[];
  readonly prompts: readonly {
    readonly text: string;
    readonly tokens: readonly number[];
    readonly greedy: readonly number[];
    readonly exactGreedy: readonly number[];
  }[];
  readonly likelihood: { readonly text: string; readonly tokens: number; readonly logProbability: number; readonly exactLogProbability: number };
}

const window = { tokens: 512, everywhere: [5, 11, 17] };
const models = [
  {
    name: "SmolLM2-135M-Instruct",
    file: smollm2File,
    tool: "ensure-smollm2.ts",
    fixture: "smollm2",
    config: { ...languageSizes["smollm2-135m"], positions: { kind: "rotary", base: 100_000, layout: "interleaved" } },
    /** What a prompt begins with. */
    beginning: [],
    /** How far perplexity is from llama.cpp's with float32 weights, at most. */
    exactly: 1e-4,
  },
  {
    name: "Gemma 3 270M",
    file: gemma3File,
    tool: "ensure-gemma3.ts",
    fixture: "gemma3",
    config: {
      ...{
        vocabulary: 262_144,
        width: 640,
        blocks: 18,
        heads: 4,
        keyHeads: 1,
        headDim: 256,
        hidden: 2048,
        maxTokens: 32_768,
        embeddingScale: Math.sqrt(640),
        window,
      },
      ...{
        positions: { kind: "rotary", base: 1_000_000, windowBase: 10_000 },
        norm: "rms",
        normEpsilon: 1e-6,
        normPlaces: "both",
        queryKeyNorm: "head",
        activation: "geGlu",
      },
      bias: { attention: false, feedForward: false, norm: false },
    },
    beginning: [2],
    // llama.cpp looks GELU up in a table of 16-bit numbers.
    exactly: 5e-4,
  },
] as const;

describe.each(models)("$name", ({ name, file, tool, fixture, config, beginning, exactly }) => {
  const why = existsSync(file) ? "" : `: skipped, since ${file} is not there (node tools/${tool} fetches it)`;
  describe.skipIf(why !== "")(`${name} in its GGUF file${why}`, async () => {
    const reference = JSON.parse(await readFile(new URL(`../fixtures/${fixture}/llama-cpp.json`, import.meta.url), "utf8")) as Reference;
    let opened: OpenedWeights;
    let tokenizer: Tokenizer;
    let run: (tokens: readonly number[]) => Promise<Float32Array>;
    let entries: number;
    beforeAll(async () => {
      opened = await openWeightsAt(file);
      const language = await ggufLanguage(opened.file, file);
      entries = language.config.vocabulary;
      tokenizer = Tokenizer.fromJson(ggufTokenizer(opened.file, file));
      run = await logitsOf(language, opened.file.weights);
    }, 300_000);
    afterAll(() => opened.close());

    test("is the config that its authors name", async () => {
      expect((await ggufLanguage(opened.file, file)).config).toEqual(languageConfig.parse(config));
    });

    test("its tokenizer gives llama.cpp's ids, and every text back", () => {
      expect(tokenizer.size).toBe(entries);
      for (const { text, ids } of reference.texts) {
        expect(tokenizer.encode(text), text).toEqual(ids);
        expect(tokenizer.decode(ids)).toBe(text);
      }
      for (const { text, tokens } of reference.prompts) expect([...beginning, ...tokenizer.encode(text)], text).toEqual(tokens);
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
      const tokens = [...beginning, ...tokenizer.encode(reference.likelihood.text)];
      expect(tokens).toHaveLength(reference.likelihood.tokens);
      const logits = await run(tokens);
      const logProbability = tokens.slice(1).reduce((sum, token, i) => {
        const row = logits.subarray(i * entries, (i + 1) * entries);
        const largest = row[likeliest(logits, entries, i)]!;
        return sum + row[token]! - largest - Math.log(row.reduce((total, value) => total + Math.exp(value - largest), 0));
      }, 0);
      const perplexity = (sum: number): number => Math.exp(-sum / (tokens.length - 1));
      expect(Math.abs(perplexity(logProbability) / perplexity(reference.likelihood.logProbability) - 1)).toBeLessThan(0.01);
      expect(Math.abs(perplexity(logProbability) / perplexity(reference.likelihood.exactLogProbability) - 1)).toBeLessThan(exactly);
    }, 600_000);
  });
});
