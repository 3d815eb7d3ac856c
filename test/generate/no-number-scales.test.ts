/** Scales of matrices in few bits that are no numbers, in weights that are mapped: a product that rounds its inputs to 8 bits makes ordinary numbers of some. */
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { convertModel, writableModel } from "../../src/checkpoint/converted-folder.ts";
import { float32ToFloat16 } from "../../src/checkpoint/half.ts";
import type { PartFormat } from "../../src/checkpoint/model-description.ts";
import { openModelFolder } from "../../src/checkpoint/model-folder.ts";
import { NodeFolderWriter } from "../../src/checkpoint/platform/node-folder-writer.ts";
import { readSafetensors } from "../../src/checkpoint/safetensors.ts";
import { Flamingo, image } from "../../src/index.ts";
import { noisePicture, tinyConfig, writeTinyModel } from "./tiny-model.ts";

const made: string[] = [];
afterAll(async () => {
  for (const folder of made) await rm(folder, { recursive: true });
});

/** A model whose language part is stored so, with its scales in the file, and one of them changed where it lies. */
async function damaged(format: PartFormat, which: RegExp, value: number): Promise<{ folder: string; path: string }> {
  const { width: _, ...language } = tinyConfig.language;
  const tiny = await writeTinyModel({ ...tinyConfig, language: { ...language, width: 64, hidden: 96 } });
  const folder = await mkdtemp(join(tmpdir(), "flamingo-scales-"));
  made.push(tiny.folder, folder);
  const formats = { vision: "float16", resampler: "float16", fusion: "float16", language: format } as const;
  for await (const _written of convertModel(writableModel(await openModelFolder(tiny.folder)), formats, new NodeFolderWriter(folder)));
  const file = join(folder, "language.safetensors");
  const bytes = await readFile(file);
  const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString()) as Record<string, { data_offsets: [number, number] }>;
  const path = Object.keys(header).find((name) => which.test(name))!;
  const { tensors } = readSafetensors(bytes);
  expect(tensors.get(path)!.dtype).toBe(tensors.get(path)!.shape.length === 1 ? "float32" : "float16");
  const one = tensors.get(path)!.dtype === "float16" ? float32ToFloat16(Float32Array.of(value)) : Float32Array.of(value);
  const [start, end] = header[path]!.data_offsets;
  const handle = await open(file, "r+");
  const middle = start + one.byteLength * Math.floor((end - start) / (2 * one.byteLength));
  await handle.write(new Uint8Array(one.buffer), 0, one.byteLength, 8 + Number(bytes.readBigUInt64LE(0)) + middle);
  await handle.close();
  return { folder, path };
}

describe.each(["int4", "int8", "w8a8"] as const)("%s", (format) => {
  test.each([
    [Number.NaN, /^language\.blocks\.0\.attention\.output\.weight\.scales$/],
    [Number.POSITIVE_INFINITY, /^language\.blocks\.1\.feedForward\.up\.weight\.scales$/],
    [Number.NaN, /^language\.embedding\.weight\.scales$/],
  ])("a scale that is %d is named (%s)", async (value, which) => {
    const { folder, path } = await damaged(format, which, value);
    const model = await Flamingo.load(folder, { device: "cpu", threads: 1, worker: false, mapFrom: 0 });
    try {
      expect("file" in model.folder.weights.get(path)!).toBe(true);
      await expect(model.generateText([image(noisePicture(1)), "the"], { maxTokens: 3 })).rejects.toThrow(
        `its weight ${path} holds values that are no numbers`,
      );
    } finally {
      await model.dispose();
    }
  });
});
