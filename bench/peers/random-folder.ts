import { createHash } from "node:crypto";
import { copyFile, mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatsFor } from "../../src/checkpoint/converted-folder.ts";
import { clipPreprocessing } from "../../src/checkpoint/published/clip-preprocessing.ts";
import { type StoredTensor, writeSafetensors } from "../../src/checkpoint/safetensors.ts";
import { narrowed } from "../../src/checkpoint/widen.ts";
import { type FlamingoConfigInput, parseFlamingoConfig } from "../../src/model/config.ts";
import { Flamingo, flamingoParts } from "../../src/model/flamingo.ts";
import { sizes } from "../../src/model/sizes.ts";
import { visionSizes } from "../../src/model/vision/sizes.ts";
import { initialValues } from "../../src/nn/initialisers.ts";
import { storedParts } from "../../src/nn/scope.ts";

/** The shapes that both sides know by the same names. */
const large = sizes["openflamingo-3b"];
const shapes: Readonly<Record<string, FlamingoConfigInput>> = {
  "openflamingo-3b": large,
  small: {
    ...large,
    vision: visionSizes["clip-vit-b-32"],
    resampler: { ...(large.resampler as object), kind: "perceiver", width: 768 },
    language: { ...large.language, vocabulary: 5000, width: 128, heads: 2, blocks: 2 },
  },
};

const tokenizer = fileURLToPath(new URL("../../models/nano/tokenizer.json", import.meta.url));

/** What the fusion layers and the language model are stored as, in what the table compares: the smallest, and the one that reads fastest. The vision encoder and the resampler are w8a8 in both. */
export const comparedWeights = ["int4-g128", "w8a8"] as const;
export type ComparedWeights = (typeof comparedWeights)[number];

export function forEachWeights<Value>(value: (weights: ComparedWeights) => Value): Readonly<Record<ComparedWeights, Value>> {
  return Object.fromEntries(comparedWeights.map((weights) => [weights, value(weights)])) as Record<ComparedWeights, Value>;
}

/**
 * A model folder of that shape with random values, as `flamingo convert --weights w8a8 --part fusion=WEIGHTS --part language=WEIGHTS` would leave it. Made once, in `.cache/peers-models`.
 * @returns its path
 */
export async function randomFolder(size: string, weights: ComparedWeights): Promise<string> {
  const folder = fileURLToPath(new URL(`../../.cache/peers-models/${size}-${weights}`, import.meta.url));
  if (await stat(join(folder, "flamingo.json")).then(Boolean, () => false)) return folder;
  const input = shapes[size];
  if (input === undefined) throw new Error(`the size "${size}" is unknown; there are ${Object.keys(shapes).join(", ")}`);
  const config = parseFlamingoConfig(input);
  const network = new Flamingo(config, formatsFor({ vision: "w8a8", resampler: "w8a8", fusion: weights, language: weights }));
  const columnsOf = new Map(
    [...network.weights()].flatMap(([path, weight]) => storedParts(path, weight).map(([name]) => [name, weight.shape.at(-1) as number])),
  );
  const unfinished = `${folder}.tmp`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  const parts: Record<string, unknown> = {};
  for (const part of flamingoParts) {
    const tensors = [...network.parameters()].filter(([path]) => path.startsWith(`${part}.`));
    const bytes = writeSafetensors(new Map(tensors.map(([path, tensor]): [string, StoredTensor] => [path, randomTensor(path, tensor, columnsOf.get(path)!)])));
    const file = `${part}.safetensors`;
    await writeFile(join(unfinished, file), bytes);
    parts[part] = { file, sha256: createHash("sha256").update(bytes).digest("hex"), licence: "none", source: "random values" };
  }
  await copyFile(tokenizer, join(unfinished, "tokenizer.json"));
  const description = {
    format: 1,
    name: `${size} with random values`,
    config: input,
    preprocessing: clipPreprocessing(224, "crop"),
    markers: { image: "<image>", endOfChunk: "<|endofchunk|>" },
    parts,
  };
  await writeFile(join(unfinished, "flamingo.json"), JSON.stringify(description));
  await rename(unfinished, folder);
  return folder;
}

function randomTensor(
  path: string,
  tensor: ReturnType<Flamingo["parameters"]> extends ReadonlyMap<string, infer T> ? T : never,
  columns: number,
): StoredTensor {
  const shape = tensor.shape as readonly number[];
  const count = shape.reduce((product, size) => product * size, 1);
  if (tensor.dtype === "uint8") return { dtype: "uint8", shape, data: randomBytes(count) };
  if (tensor.dtype === "int8") return { dtype: "int8", shape, data: Int8Array.from(randomBytes(count), (byte) => (byte >> 1) - 64) };
  // Scales of this size give products of size 1: codes in blocks are -8 to 7, those of channels -64 to 63.
  if (path.endsWith(".scales")) {
    const scales = new Float32Array(count).fill(1 / ((shape.length === 1 ? 37 : 4.6) * Math.sqrt(columns)));
    return tensor.dtype === "float16" ? narrowed({ dtype: "float32", shape, data: scales }) : { dtype: "float32", shape, data: scales };
  }
  const values = path.endsWith("ate.alpha") ? new Float32Array(count).fill(0.5) : initialValues(tensor, 1);
  return narrowed({ dtype: "float32", shape, data: values });
}

/** Some random bytes again and again: as good as others for speed. */
function randomBytes(count: number): Uint8Array {
  const some = crypto.getRandomValues(new Uint8Array(65_536));
  const data = new Uint8Array(count);
  for (let at = 0; at < count; at += some.length) data.set(some.subarray(0, Math.min(some.length, count - at)), at);
  return data;
}
