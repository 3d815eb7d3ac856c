import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { CheckpointError } from "../../src/checkpoint/errors.ts";
import { type StoredTensor, writeSafetensors } from "../../src/checkpoint/safetensors.ts";
import { openWeightsAt } from "../../src/checkpoint/weights.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-shards-"));
  await writeShard("model-00001-of-00002.safetensors", { "embed.weight": 1, "layers.0.weight": 2 });
  await writeShard("model-00002-of-00002.safetensors", { "layers.1.weight": 3 });
  await writeShard("again.safetensors", { "layers.0.weight": 2, "layers.1.weight": 3 });
  return () => rm(folder, { recursive: true });
});

async function writeShard(file: string, values: Record<string, number>): Promise<void> {
  const tensors = Object.entries(values).map(([name, value]): [string, StoredTensor] => [name, { dtype: "float32", shape: [1], data: Float32Array.of(value) }]);
  await writeFile(join(folder, file), writeSafetensors(new Map(tensors), { format: "pt" }));
}

const good = {
  "embed.weight": "model-00001-of-00002.safetensors",
  "layers.1.weight": "model-00002-of-00002.safetensors",
  "layers.0.weight": "model-00001-of-00002.safetensors",
};

async function indexOf(content: unknown): Promise<string> {
  const path = join(folder, "model.safetensors.index.json");
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

test("several files are one, in the order of the index", async () => {
  const { file, bytes, close } = await openWeightsAt(await indexOf({ metadata: { total_size: 12 }, weight_map: good }));
  expect([file.format, file.metadata, [...file.weights.keys()]]).toEqual(["safetensors", { total_size: 12 }, Object.keys(good)]);
  const values = await Promise.all([...file.weights.values()].map(async ({ load }) => (await load()).data[0]));
  expect(values).toEqual([1, 3, 2]);
  expect(bytes).toBeGreaterThan(300);
  await close();
  await expect(file.weights.get("embed.weight")!.load()).rejects.toThrow();
});

test.each([
  ["no metadata", { weight_map: good }],
  ["null for metadata", { metadata: null, weight_map: good }],
])("an index with %s", async (_, index) => {
  const { file, close } = await openWeightsAt(await indexOf(index));
  await close();
  expect([file.metadata, [...file.weights.keys()]]).toEqual([{}, Object.keys(good)]);
});

test("what the files hold beyond the index is there too, for whoever needs the weights to account for", async () => {
  const { file, close } = await openWeightsAt(
    await indexOf({ weight_map: { "layers.1.weight": good["layers.1.weight"], "embed.weight": good["embed.weight"] } }),
  );
  expect([...file.weights.keys()]).toEqual(["layers.1.weight", "embed.weight", "layers.0.weight"]);
  expect((await file.weights.get("layers.0.weight")!.load()).data[0]).toBe(2);
  await close();
});

const many = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`extra.${i}`, "model-00002-of-00002.safetensors"]));
test.each([
  [
    "a missing file",
    { weight_map: { ...good, "layers.2.weight": "model-00003-of-00003.safetensors" } },
    /1 of 3 files cannot be used:\n {2}.*model-00003-of-00003\.safetensors cannot be read \(ENOENT/,
  ],
  [
    "tensors that the file lacks",
    { weight_map: { ...good, ...many } },
    /extra\.0 should be in model-00002.*which does not have it.*extra\.9 .*\n {2}and 2 more$/s,
  ],
  [
    "a tensor in two files of which the index names neither",
    { weight_map: { "embed.weight": good["embed.weight"], "layers.1.weight": "again.safetensors" } },
    /layers\.0\.weight is in again\.safetensors and in another file, the index names neither/,
  ],
  ["metadata that are none", { metadata: [], weight_map: good }, /its metadata is \[\], not values by name/],
  [
    "a tensor in another file than the index says",
    { weight_map: { ...good, "layers.0.weight": good["layers.1.weight"] } },
    /layers\.0\.weight should be in model-00002.*layers\.0\.weight is in model-00001.*the index says model-00002/s,
  ],
  ["a file of another folder", { weight_map: { ...good, a: "../secret.safetensors" } }, /not a file in its own folder:\n {2}a: "\.\.\/secret\.safetensors"/],
  ["a file that is none", { weight_map: { a: 1 } }, /not a file in its own folder:\n {2}a: 1/],
  ["no map", { metadata: {} }, /is not an index of weight files/],
  ["nothing", null, /is not an index of weight files/],
  ["a list", { weight_map: [] }, /is not an index of weight files/],
  ["no tensor", { weight_map: {} }, /names no tensor/],
  ["no JSON", "{", /index\.json is not JSON/],
])("refuses %s", async (_, index, message) => {
  const path = await indexOf(index);
  await expect(openWeightsAt(path)).rejects.toThrow(CheckpointError);
  await expect(openWeightsAt(path)).rejects.toThrow(message);
});

test("a damaged file among several is named", async () => {
  await writeFile(join(folder, "broken.safetensors"), Uint8Array.of(1, 2, 3, 0, 0, 0, 0, 0, 0x7b));
  const path = await indexOf({ weight_map: { ...good, x: "broken.safetensors" } });
  await expect(openWeightsAt(path)).rejects.toThrow(/1 of 3 files cannot be used:\n {2}.*broken\.safetensors: it ends within its header/);
});
