import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { convertModel, writableModel } from "../../src/checkpoint/converted-folder.ts";
import { CheckpointError } from "../../src/checkpoint/errors.ts";
import { float16ToFloat32 } from "../../src/checkpoint/half.ts";
import type { ModelFormats, PartFormat } from "../../src/checkpoint/model-description.ts";
import { loadModelFolder, openModelFolder } from "../../src/checkpoint/model-folder.ts";
import type { OpenedModel } from "../../src/checkpoint/opened-model.ts";
import { inMemory } from "../../src/checkpoint/own-part.ts";
import { NodeFolderWriter } from "../../src/checkpoint/platform/node-folder-writer.ts";
import { readSafetensors, type StoredTensor, writeSafetensors } from "../../src/checkpoint/safetensors.ts";
import { narrowed } from "../../src/checkpoint/widen.ts";
import { Flamingo } from "../../src/generate/flamingo-model.ts";
import type { HostTensor } from "../../src/runtime/runtime.ts";
import { tinyConfig, writeTinyModel } from "../generate/tiny-model.ts";

const tiny = await writeTinyModel({ ...tinyConfig, language: { ...tinyConfig.language, width: 64, hidden: 128, extraTokens: 2 } });
const source = await loadModelFolder(tiny.folder);

const down = "language.blocks.1.feedForward.down.weight";

const made: string[] = [tiny.folder];
afterAll(() => Promise.all(made.map((folder) => rm(folder, { recursive: true }))));

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "flamingo-converted-"));
  made.push(folder);
  return folder;
}

async function converted(language: PartFormat, from?: string | OpenedModel, more: Partial<ModelFormats> = {}): Promise<string> {
  const folder = await newFolder();
  const opened = typeof from === "object" ? from : await openModelFolder(from ?? tiny.folder);
  const writer = new NodeFolderWriter(folder);
  try {
    for await (const _ of convertModel(writableModel(opened), { vision: "float16", resampler: "float16", fusion: "int8", language, ...more }, writer));
  } finally {
    await writer.close();
    await opened.close();
  }
  return folder;
}

/** Changes the tensors of the language model's file, its hash made right again. */
async function changeLanguage(folder: string, change: (tensors: Map<string, StoredTensor>) => void): Promise<void> {
  const file = join(folder, "language.safetensors");
  const tensors = new Map(readSafetensors(await readFile(file)).tensors);
  change(tensors);
  const bytes = writeSafetensors(tensors);
  await writeFile(file, bytes);
  const description = JSON.parse(await readFile(join(folder, "flamingo.json"), "utf8")) as { parts: { language: { sha256: string } } };
  description.parts.language.sha256 = createHash("sha256").update(bytes).digest("hex");
  await writeFile(join(folder, "flamingo.json"), JSON.stringify(description));
}

test("blocks are loaded as they are stored, and the model answers", async () => {
  const folder = await converted("int4");
  const { weights, storedAs, description } = await loadModelFolder(folder);
  const query = "language.blocks.0.attention.query.weight";
  expect(weights.get(`${query}.codes`)).toMatchObject({ dtype: "uint8", shape: [64, 2, 16] });
  expect(weights.get(`${query}.scales`)).toMatchObject({ dtype: "float16", shape: [64, 2] });
  expect(weights.has(query)).toBe(false);
  // Rows are looked up in it, and it is the head: 8 bits. What was added to the vocabulary may be trained later.
  expect(weights.get("language.embedding.weight.codes")!.shape).toEqual([262, 2, 32]);
  expect(weights.get("language.extraEmbedding.weight")).toMatchObject({ dtype: "float32", shape: [2, 64] });
  expect(new Set(storedAs.language.dtypes)).toEqual(new Set(["float16", "int4", "int8"]));
  expect(storedAs.vision.dtypes).toEqual(["float16"]);
  expect(description.parts.language).toMatchObject({ weights: "int4" });
});

test("the embedding may have a format of its own: rows are looked up in it, and it is the head", async () => {
  const path = "language.embedding.weight";
  const [four, half] = [
    await converted("int8", undefined, { "language.embedding": "int4" }),
    await converted("int4", undefined, { "language.embedding": "float16" }),
  ];
  const { weights } = await loadModelFolder(four);
  expect(weights.get(`${path}.codes`)!.shape).toEqual([262, 2, 16]);
  expect(weights.get(`${down}.codes`)!.shape).toEqual([64, 4, 32]);
  expect((await loadModelFolder(half)).weights.get(path)).toMatchObject({ dtype: "float32", shape: [262, 64] });
  // The same values as floats give the same scores, but for the 8 bits of the activations.
  const scores = async (from: string): Promise<number[]> => {
    const model = await Flamingo.load(from, { worker: false, threads: 1 });
    const scored = await model.score(["the cat"], [" sat", " ran", "!"]);
    await model.dispose();
    return scored.map(({ logProbability }) => logProbability);
  };
  const [found, expected] = [await scores(four), await scores(await converted("float16", four))];
  found.forEach((value, i) => expect(Math.abs(value / expected[i]! - 1)).toBeLessThan(0.02));
});

test.each([false, true])("mapped weights answer as those that were read (worker: %s)", async (worker) => {
  const folder = await converted("int4");
  const scores = async (mapFrom: number): Promise<number[]> => {
    const model = await Flamingo.load(folder, { worker, threads: 1, mapFrom });
    expect([...model.folder.weights.values()].some((weight) => "file" in weight)).toBe(mapFrom === 0);
    const scored = await model.score(["the cat"], [" sat", " ran", "!"]);
    await model.dispose();
    return scored.map(({ logProbability }) => logProbability);
  };
  expect(await scores(0)).toEqual(await scores(Infinity));
});

test("from blocks back to floats, and to other bits", async () => {
  const int8 = await converted("int8");
  const half = await loadModelFolder(await converted("float16", int8));
  const path = "language.blocks.1.feedForward.down.weight";
  const found = (await inMemory(half.weights.get(path)!)).data as Float32Array;
  ((await inMemory(source.weights.get(path)!)).data as Float32Array).forEach((value, i) => expect(Math.abs(found[i]! - value)).toBeLessThan(0.01));
  const int4 = await loadModelFolder(await converted("int4", int8));
  expect(int4.weights.get(`${path}.codes`)!.shape).toEqual([64, 4, 16]);
});

/** Gives a matrix minimums, as GGUF's Q4_1 has them. */
function addMinimums(tensors: Map<string, StoredTensor>): void {
  const { shape } = tensors.get(`${down}.scales`)!;
  tensors.set(
    `${down}.minimums`,
    narrowed({ dtype: "float32", shape, data: Float32Array.from({ length: shape[0]! * shape[1]! }, (_, i) => -0.01 * (1 + (i % 7))) }),
  );
}

/** As folders were written before scales had 16 bits. */
function widen(tensors: Map<string, StoredTensor>): void {
  for (const [path, { dtype, shape, data }] of [...tensors]) {
    if (!path.endsWith(".scales") || dtype !== "float16") continue;
    const scales = float16ToFloat32(data as Uint16Array);
    tensors.set(path, { dtype: "float32", shape, data: scales });
    const minimums = tensors.get(path.replace(".scales", ".minimums"));
    if (minimums === undefined) continue;
    tensors.delete(path.replace(".scales", ".minimums"));
    const least = float16ToFloat32(minimums.data as Uint16Array);
    tensors.set(path.replace(".scales", ".offsets"), { dtype: "float32", shape, data: least.map((value, i) => value + 8 * scales[i]!) });
  }
}

test.each([0, Infinity])(
  "older folders, with float32 scales and offsets, answer to the bit as with 16 bits, and become the same file (mapped from %d)",
  async (mapFrom) => {
    const [now, before] = [await converted("int4"), await converted("int4")];
    await changeLanguage(now, addMinimums);
    await changeLanguage(before, (tensors) => {
      addMinimums(tensors);
      widen(tensors);
    });
    expect((await loadModelFolder(before)).weights.get(`${down}.offsets`)).toMatchObject({ dtype: "float32", shape: [64, 4] });
    const scores = async (folder: string): Promise<number[]> => {
      const model = await Flamingo.load(folder, { worker: false, threads: 1, mapFrom });
      const scored = await model.score(["the cat"], [" sat", " ran", "!"]);
      await model.dispose();
      return scored.map(({ logProbability }) => logProbability);
    };
    expect(await scores(before)).toEqual(await scores(now));
    const again = await converted("int4", before);
    expect(readSafetensors(await readFile(join(again, "language.safetensors"))).tensors).toEqual(
      readSafetensors(await readFile(join(now, "language.safetensors"))).tensors,
    );
  },
);

test("large blocks of 4 bits are made of small ones when that is asked for; small ones of large ones would only be larger", async () => {
  const path = "language.blocks.1.feedForward.down.weight";
  const large = await converted("int4-g128", await converted("int4"));
  const { weights, storedAs, description } = await loadModelFolder(large);
  expect(weights.get(`${path}.codes`)!.shape).toEqual([64, 1, 64]);
  expect(new Set(storedAs.language.dtypes)).toEqual(new Set(["float16", "int4-g128", "int4", "int8"]));
  expect(description.parts.language).toMatchObject({ weights: "int4-g128" });
  const small = await loadModelFolder(await converted("int4", large));
  expect(small.weights.get(`${path}.codes`)).toEqual(weights.get(`${path}.codes`));
});

test("channels are loaded as they are stored, an embedding is in blocks, and the model answers", async () => {
  const folder = await converted("w8a8");
  const { weights, storedAs, description } = await loadModelFolder(folder);
  expect(weights.get(`${down}.codes`)).toMatchObject({ dtype: "int8", shape: [128, 64] });
  expect(weights.get(`${down}.scales`)).toMatchObject({ dtype: "float32", shape: [64] });
  expect(weights.get("language.embedding.weight.codes")!.shape).toEqual([262, 2, 32]);
  expect(new Set(storedAs.language.dtypes)).toEqual(new Set(["float16", "w8a8", "int8"]));
  expect(description.parts.language).toMatchObject({ weights: "w8a8" });
  const scores = async (from: string): Promise<number[]> => {
    const model = await Flamingo.load(from, { worker: false, threads: 1 });
    const scored = await model.score(["the cat"], [" sat", " ran", "!"]);
    await model.dispose();
    return scored.map(({ logProbability }) => logProbability);
  };
  const [found, expected] = [await scores(folder), await scores(tiny.folder)];
  found.forEach((value, i) => expect(Math.abs(value / expected[i]! - 1)).toBeLessThan(0.02));
  // Nothing is rounded twice.
  const again = await loadModelFolder(await converted("w8a8", folder));
  expect(again.weights.get(`${down}.codes`)).toEqual(weights.get(`${down}.codes`));
  // And back to floats.
  const half = await loadModelFolder(await converted("float16", folder));
  const [values, exact] = [half, source].map(({ weights: all }) => (all.get(down) as HostTensor).data as Float32Array) as [Float32Array, Float32Array];
  const largest = Math.max(...exact.map(Math.abs));
  exact.forEach((value, i) => expect(Math.abs(values[i]! - value)).toBeLessThan(0.01 * largest));
});

test("blocks that are incomplete or of another shape or type are named", async () => {
  const folder = await converted("int4");
  await changeLanguage(folder, (tensors) => {
    tensors.delete(`${down}.scales`);
    tensors.set(`${down}.codes`, { dtype: "int8", shape: [64, 4, 16], data: new Int8Array(64 * 4 * 16) });
  });
  await expect(loadModelFolder(folder)).rejects.toThrow(CheckpointError);
  await expect(loadModelFolder(folder)).rejects.toThrow(
    /down\.weight\.codes should hold uint8 numbers, holds int8.*down\.weight\.scales \[64, 4\] is missing/s,
  );
  const other = await converted("int4");
  await changeLanguage(other, (tensors) => tensors.set(`${down}.codes`, { dtype: "uint8", shape: [64, 4, 7], data: new Uint8Array(64 * 4 * 7) }));
  await expect(loadModelFolder(other)).rejects.toThrow(/down\.weight\.codes should be \[64, 4, 16\], is \[64, 4, 7\]/);
});

test("what float16 cannot hold is refused", async () => {
  const opened = await openModelFolder(tiny.folder);
  const damaged: OpenedModel = {
    ...opened,
    async *read() {
      for await (const [path, stored] of opened.read())
        yield path === "language.norm.scale"
          ? [path, new Map([[path, { dtype: "float32", shape: [64], data: new Float32Array(64).fill(1e6) }]])]
          : [path, stored];
    },
  };
  await expect(converted("int4", damaged)).rejects.toThrow(/language\.norm\.scale holds 1000000, which float16 cannot hold/);
});

test.each(["int4", "int4-g128", "int8", "w8a8"] as const)("weights that are no numbers become no codes: %s", async (format) => {
  const path = "language.blocks.1.feedForward.down.weight";
  for (const value of [Number.NaN, Number.NEGATIVE_INFINITY]) {
    const opened = await openModelFolder(tiny.folder);
    const damaged: OpenedModel = {
      ...opened,
      async *read() {
        for await (const [each, stored] of opened.read()) {
          const tensor = stored.get(each)!;
          yield each === path ? [each, new Map([[each, { ...tensor, data: (tensor.data as Float32Array).with(70, value) }]])] : [each, stored];
        }
      },
    };
    await expect(converted(format, damaged)).rejects.toThrow(new RegExp(`the weight ${path} holds values that are no numbers`));
  }
});

test("each weight is written before the next one is read", async () => {
  const opened = await openModelFolder(tiny.folder);
  const [events, folder] = [[] as string[], await newFolder()];
  const writer = new NodeFolderWriter(folder);
  const watched: OpenedModel = {
    ...opened,
    async *read() {
      for await (const each of opened.read()) {
        events.push("read");
        yield each;
      }
    },
  };
  const formats = { vision: "float16", resampler: "int8", fusion: "int8", language: "int4" } as const;
  for await (const _ of convertModel(writableModel(watched), formats, writer)) events.push("written");
  expect(events.length).toBeGreaterThan(100);
  expect(events.every((event, i) => event === (i % 2 === 0 ? "read" : "written"))).toBe(true);
});

test("a published checkpoint is converted from the files that it came in", async () => {
  const published = "test/fixtures/published/openflamingo-mpt";
  const folder = await converted("float16", published);
  const [before, after] = [await loadModelFolder(published), await loadModelFolder(folder)];
  expect(after.config).toEqual(before.config);
  const path = "language.blocks.0.attention.key.weight";
  const [exact, half] = [before, after].map(({ weights }) => weights.get(path) as HostTensor) as [HostTensor, HostTensor];
  expect(half.shape).toEqual(exact.shape);
  (exact.data as Float32Array).forEach((value, i) => expect(Math.abs((half.data as Float32Array)[i]! - value)).toBeLessThan(1e-3 * Math.abs(value) + 1e-6));
});

test("a full disk is an error that names the file", async () => {
  const folder = await newFolder();
  await symlink("/dev/full", join(folder, "language.safetensors"));
  await expect(new NodeFolderWriter(folder).write("language.safetensors", new Uint8Array(8))).rejects.toThrow(
    /language\.safetensors cannot be written \(ENOSPC.*is there enough space/,
  );
});
