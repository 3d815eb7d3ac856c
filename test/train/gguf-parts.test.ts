/** GGUF files of every architecture as frozen language models: named by a training config, and as a part of a flamingo.json. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readGgufPart, readGgufTokenizer } from "../../src/checkpoint/gguf-part.ts";
import { ggufLanguage, ggufLanguageTypes } from "../../src/checkpoint/published/gguf/language.ts";
import { openWeightsAt } from "../../src/checkpoint/weights.ts";
import { readParts, withPublishedParts } from "../../src/cli/training-parts.ts";
import { Tokenizer } from "../../src/data/tokenizer.ts";
import { type LanguageConfig, languageConfig } from "../../src/model/language/config.ts";
import { parseTrainingConfig } from "../../src/train/training-config.ts";

const fixtures = join(import.meta.dirname, "../fixtures");
const folder = join(fixtures, "checkpoint/gguf/architectures");
const files = (await readdir(folder)).filter((name) => name.endsWith(".gguf"));

const recipe = {
  name: "small",
  model: {
    resampler: { kind: "perceiver", width: 16, layers: 1, heads: 2, headDim: 8, latents: 4, frames: 1 },
    fusion: { kind: "gated-cross-attention-dense", every: 1, heads: 2, headDim: 8 },
    language: { extraTokens: 3 },
  },
  stage: "flamingo",
  data: [{ kind: "module", name: "captions", module: "./discs.ts", rows: 4 }],
  optimiser: { learningRate: 0.03 },
  train: { steps: 1, seed: 1 },
};

describe.each(files)("%s", (name) => {
  const path = join(folder, name);

  test("is named by a training config, and held as flamingo.json states it", async () => {
    const parts = { vision: join(fixtures, "published/vision-siglip"), language: path };
    const config = parseTrainingConfig(await withPublishedParts({ ...recipe, parts }));
    const weights = await readParts(config);
    const sha256 = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
    // As a folder's file says it.
    const stated: LanguageConfig = languageConfig.parse(JSON.parse(JSON.stringify(config.model.language)));
    const held = await readGgufPart(path, sha256, stated);
    const read = (paths: Iterable<string>): string[] => [...paths].filter((each) => each.startsWith("language.")).toSorted();
    expect(read(held.weights.keys())).toEqual(read(weights.keys()));
    for (const [each, tensor] of held.weights) expect(tensor).toEqual(weights.get(each));
    // What inspect says of them before they are read.
    const { file, close } = await openWeightsAt(path);
    const types = ggufLanguageTypes(file, await ggufLanguage(file, path), path);
    await close();
    expect(types).toEqual(new Map([...types.keys()].map((each) => [each, { dtype: held.weights.get(each)!.dtype, shape: held.weights.get(each)!.shape }])));
    expect([...types.keys()].toSorted()).toEqual(read(held.weights.keys()));
    await expect(readGgufPart(path, sha256, { ...stated, blocks: stated.blocks + 1 })).rejects.toThrow(/another language model than the config's/);
  });

  test("brings its vocabulary, with the markers that it lacks", async () => {
    const tokenizer = Tokenizer.fromJson(await readGgufTokenizer(path, { image: "<image>", endOfChunk: "<|endofchunk|>" }));
    expect([tokenizer.special("<|endoftext|>"), tokenizer.special("<image>"), tokenizer.special("<|endofchunk|>")]).toEqual([0, 64, 65]);
  });
});
