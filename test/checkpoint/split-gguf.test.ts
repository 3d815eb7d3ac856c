/** A GGUF model in several files, as llama.cpp's package writes them. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { CheckpointError } from "../../src/checkpoint/errors.ts";
import { openPart } from "../../src/checkpoint/model-part.ts";
import { openWeights, openWeightsAt } from "../../src/checkpoint/weights.ts";
import type { HostTensor } from "../../src/runtime/runtime.ts";
import { memorySource } from "./memory-source.ts";

const fixtures = join(import.meta.dirname, "../fixtures/checkpoint/gguf");
const parts = [1, 2, 3].map((part) => `llama-0000${part}-of-00003.gguf`);

async function weightsOf(path: string): Promise<ReadonlyMap<string, HostTensor>> {
  const opened = await openPart("language", path, {});
  const weights = new Map<string, HostTensor>();
  for await (const [name, tensor] of opened.read(false)) weights.set(name, tensor);
  await opened.close();
  return weights;
}

async function copied(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "flamingo-split-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await cp(join(fixtures, "split"), folder, { recursive: true });
  return folder;
}

/** Changes a number in a part's metadata, where its key is. */
async function change(path: string, key: string, to: number): Promise<void> {
  const bytes = await readFile(path);
  bytes.writeUInt8(to, bytes.indexOf(key) + key.length + 4);
  await writeFile(path, bytes);
}

test("is the same as in one", async () => {
  expect(await weightsOf(join(fixtures, "split", parts[0]!))).toEqual(await weightsOf(join(fixtures, "llama.gguf")));
  const { files, bytes, close } = await openWeightsAt(join(fixtures, "split", parts[0]!));
  await close();
  expect(files).toEqual(parts.map((part) => join(fixtures, "split", part)));
  expect(bytes).toBeGreaterThan(24_000);
});

test.each<[string, (folder: string) => Promise<string | undefined>, RegExp]>([
  ["another part than the first", async (folder) => join(folder, parts[1]!), /00002-of-00003\.gguf is part 2 of 3 of a model: open the first/],
  ["a part that is missing", async (folder) => rm(join(folder, parts[2]!)).then(() => undefined), /00003-of-00003\.gguf cannot be read \(ENOENT/],
  [
    "the first part by another name",
    async (folder) => cp(join(folder, parts[0]!), join(folder, "model.gguf")).then(() => join(folder, "model.gguf")),
    /model\.gguf is part 1 of 3 of a model, and the others are not found/,
  ],
  [
    "a part in the place of another",
    async (folder) => cp(join(folder, parts[2]!), join(folder, parts[1]!)).then(() => undefined),
    /00002-of-00003\.gguf should be part 2 of 3, it says that it is part 3 of 3/,
  ],
  [
    "a part of another model",
    async (folder) => change(join(folder, parts[1]!), "split.count", 4).then(() => undefined),
    /00002-of-00003\.gguf should be part 2 of 3, it says that it is part 2 of 4/,
  ],
  [
    "fewer tensors than the first part says",
    async (folder) => change(join(folder, parts[0]!), "split.tensors.count", 22).then(() => undefined),
    /and its 2 other parts have 21 tensors, it says 22: fetch all parts .* or merge them with llama\.cpp's gguf-split --merge/,
  ],
  [
    "a whole model that is called a part",
    async (folder) => cp(join(fixtures, "llama.gguf"), join(folder, parts[0]!)).then(() => undefined),
    /00001-of-00003\.gguf is called part 1 of 3 of a model, but does not say so itself/,
  ],
])("refuses %s", async (_, make, message) => {
  const folder = await copied();
  const path = (await make(folder)) ?? join(folder, parts[0]!);
  await expect(openWeightsAt(path)).rejects.toThrow(CheckpointError);
  await expect(openWeightsAt(path)).rejects.toThrow(message);
});

test("a part is refused where there is no way to the others", async () => {
  const bytes = await readFile(join(fixtures, "split", parts[0]!));
  await expect(openWeights(memorySource(bytes, parts[0]!))).rejects.toThrow(/is part 1 of 3 of a model, and the others are not found/);
});
