/** Language models of every architecture of GGUF files that is read, converted by llama.cpp's own converter, against what transformers computes with the same weights (tools/reference/gguf_architectures.py). */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { dequantised } from "../../src/checkpoint/block-tensors.ts";
import { architectures } from "../../src/checkpoint/published/gguf/architectures.ts";
import { ggufLanguage, ggufLanguageTypes, readGgufLanguage } from "../../src/checkpoint/published/gguf/language.ts";
import { openSafetensors } from "../../src/checkpoint/safetensors.ts";
import type { QuantisedBlocks } from "../../src/checkpoint/weight-file.ts";
import { openWeightsAt } from "../../src/checkpoint/weights.ts";
import type { HostTensor } from "../../src/runtime/host-tensor.ts";
import { memorySource } from "../checkpoint/memory-source.ts";
import { logitsOf } from "./language-logits.ts";
import { relativeDifference } from "./published-model.ts";

const folder = join(import.meta.dirname, "../fixtures/checkpoint/gguf/architectures");
const names = [
  ...["llama", "llama-3", "llama-linear", "llama-yarn", "llama-biased", "qwen2", "qwen3", "qwen3-yarn"],
  ...["gemma2", "gemma3", "phi3", "phi3-long", "olmo2", "smollm3"],
];

test("every architecture is compared", () => {
  expect(new Set(names.map((name) => name.split("-")[0]))).toEqual(new Set(Object.keys(architectures)));
});

/** Documents are longer than every window. */
test.each(names)("%s gives transformers' logits", async (name) => {
  const { file, close } = await openWeightsAt(join(folder, `${name}.gguf`));
  const run = await logitsOf(await ggufLanguage(file, name), file.weights);
  await close();
  const reference = await openSafetensors(memorySource(await readFile(join(folder, `${name}.safetensors`)), name));
  const [tokens, logits] = await Promise.all(["tokens", "logits"].map((each) => reference.weights.get(each)!.load()));
  expect(relativeDifference(await run(Array.from(tokens!.data, Number)), logits!.data as Float32Array)).toBeLessThan(1e-5);
});

describe("matrices in blocks", async () => {
  const { file } = await openWeightsAt(join(folder, "phi3-q8_0.gguf"));
  const language = await ggufLanguage(file, "phi3");
  const read = async (inBlocks: boolean): Promise<Map<string, HostTensor>> => {
    const weights = new Map<string, HostTensor>();
    for await (const [path, tensor] of readGgufLanguage(file, language, "phi3", inBlocks)) weights.set(path, tensor);
    return weights;
  };

  test("stay in them where several are joined in one tensor", async () => {
    const [blocks, floats] = [await read(true), await read(false)];
    const types = ggufLanguageTypes(file, language, "phi3");
    expect(new Map([...blocks].map(([path, { dtype, shape }]) => [path, { dtype, shape }]))).toEqual(types);
    for (const layer of ["attention.query", "attention.key", "attention.value", "feedForward.gate", "feedForward.up"]) {
      const path = `language.blocks.1.${layer}.weight`;
      const { shape, data } = floats.get(path)!;
      const [codes, scales] = [blocks.get(`${path}.codes`)!.data, blocks.get(`${path}.scales`)!.data];
      const matrix = { bits: 8, blockSize: 32, rows: shape[0]!, columns: shape[1]!, codes, scales } as QuantisedBlocks;
      expect(dequantised(matrix), layer).toEqual(data);
    }
  });
});
