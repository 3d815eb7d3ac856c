import { createHash } from "node:crypto";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeSafetensors } from "../../src/checkpoint/safetensors.ts";
import { trainBytePairTokenizer } from "../../src/data/byte-pair-training.ts";
import type { Picture } from "../../src/data/picture.ts";
import { Random } from "../../src/data/random.ts";
import { type FlamingoConfigInput, parseFlamingoConfig } from "../../src/model/config.ts";
import { Flamingo, flamingoParts, partOf } from "../../src/model/flamingo.ts";
import { initialValues } from "../../src/nn/initialisers.ts";

export const tinyConfig = {
  vision: { kind: "mobilenet-v2", imageSize: 32, features: ["stride16"] },
  resampler: { kind: "perceiver", width: 12, layers: 1, heads: 2, headDim: 8, latents: 3, frames: 2 },
  language: { vocabulary: 262, width: 16, blocks: 2, heads: 2, hidden: 24, maxTokens: 160 },
  fusion: { kind: "gated-cross-attention-dense", heads: 2, headDim: 8, gateInitial: 0.8 },
} as const satisfies FlamingoConfigInput;

export interface TinyModel {
  readonly folder: string;
  readonly network: Flamingo;
  readonly weights: ReadonlyMap<string, { dtype: "float32"; shape: readonly number[]; data: Float32Array }>;
}

/**
 * A model folder with random weights, larger than at the start of training, so that every part has a say.
 * @param change - of weights, by path
 */
export async function writeTinyModel(
  config: FlamingoConfigInput = tinyConfig,
  seed = 5,
  change: (path: string, values: Float32Array) => void = () => {},
): Promise<TinyModel> {
  const folder = await mkdtemp(join(tmpdir(), "flamingo-tiny-"));
  await mkdir(folder, { recursive: true });
  const network = new Flamingo(parseFlamingoConfig(config));
  const weights = new Map(
    [...network.parameters()].map(([path, tensor]) => {
      const grow = /embedding|latents/.test(path) ? 30 : path.includes("vision") ? 1 : 2;
      return [
        path,
        {
          dtype: "float32" as const,
          shape: tensor.shape as readonly number[],
          data: initialValues(tensor, seed).map((value) => (/gate|norm/i.test(path) ? value : grow * value)),
        },
      ];
    }),
  );
  for (const [path, { data }] of weights) change(path, data);
  const parts: Record<string, unknown> = {};
  for (const part of flamingoParts) {
    const bytes = writeSafetensors(new Map([...weights].filter(([path]) => partOf(path) === part)));
    await writeFile(join(folder, `${part}.safetensors`), bytes);
    parts[part] = { file: `${part}.safetensors`, sha256: createHash("sha256").update(bytes).digest("hex"), licence: "none", source: "random" };
  }
  const markers = { image: "<image>", endOfChunk: "<|endofchunk|>" };
  await writeFile(
    join(folder, "tokenizer.json"),
    JSON.stringify(trainBytePairTokenizer(["the cat and the hat, the cat and the mat"], 262, [markers.image, markers.endOfChunk])),
  );
  const preprocessing = { size: [32, 32], fit: "pad", mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] };
  await writeFile(join(folder, "flamingo.json"), JSON.stringify({ format: 1, name: "tiny", config, preprocessing, markers, parts }));
  return { folder, network, weights };
}

/** A picture of noise. */
export function noisePicture(seed: number, width = 32, height = 32): Picture {
  const random = new Random("noise", seed);
  return { width, height, data: Uint8ClampedArray.from({ length: width * height * 3 }, () => random.integer(0, 255)) };
}
