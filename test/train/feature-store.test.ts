import { mkdtemp, readFile, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Random } from "../../src/data/random.ts";
import { type FeatureEncoder, packFeatures, recordBytes, unpackFeatures } from "../../src/train/feature-store.ts";
import { buildFeatureStore, FeatureStore, type FeatureStorePlan } from "../../src/train/platform/node-feature-store.ts";

const shape = { positions: 3, width: 8 };
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "features-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A linear "encoder" whose features say which pixels it saw. */
function encoder(key = "a", log: number[] = []): FeatureEncoder {
  return {
    ...shape,
    key,
    size: 2,
    async encode(pixels, pictures) {
      log.push(pictures);
      return Float32Array.from({ length: pictures * 24 }, (_, i) => pixels[Math.floor(i / 24) * 12 + (i % 12)]! * (i % 24 < 12 ? 0.01 : -3));
    },
  };
}

const pictures = ["x/one", "x/two", "y/three", "y/four", "y/five"];
const render: FeatureStorePlan["render"] = async (picture, version) =>
  Uint8ClampedArray.from({ length: 12 }, (_, i) => pictures.indexOf(picture) * 40 + version * 13 + i);

async function build(plan: Partial<FeatureStorePlan> = {}): Promise<number> {
  let events = 0;
  for await (const event of buildFeatureStore({ folder, encoder: encoder(), pictures, versions: 2, render, batch: 3, ...plan }))
    events += event.done > 0 ? 1 : 0;
  return events;
}

test.each([Number.NaN, Number.POSITIVE_INFINITY])("a feature of %d is refused when it is kept and when it is read", (value) => {
  const record = new Uint8Array(recordBytes(shape));
  expect(() => packFeatures(new Float32Array(24).with(9, value), shape, record)).toThrow(/a feature is no number.*the vision encoder's weights are damaged/);
  new DataView(record.buffer).setFloat32(24 + 4, value, true);
  expect(() => unpackFeatures(record, shape, new Float32Array(24))).toThrow(/a scale that is no number.*build the store again/);
});

test("a record keeps features within half a step of its row's scale", () => {
  const random = new Random("features");
  const features = Float32Array.from({ length: 24 }, (_, i) => (random.next() - 0.5) * 10 ** Math.floor(i / 8));
  const record = new Uint8Array(recordBytes(shape));
  packFeatures(features, shape, record);
  const back = new Float32Array(24);
  unpackFeatures(record, shape, back);
  for (let row = 0; row < 3; row++) {
    const values = features.subarray(row * 8, row * 8 + 8);
    const largest = Math.max(...values.map(Math.abs));
    values.forEach((value, i) => expect(Math.abs(back[row * 8 + i]! - value)).toBeLessThanOrEqual(largest / 253));
  }
});

test("every picture and version comes back", async () => {
  await build();
  const store = await FeatureStore.open(folder);
  expect(store.versions).toBe(2);
  const out = new Float32Array(30);
  for (const picture of pictures) {
    for (const version of [0, 1]) {
      store.read(picture, version, out, 6);
      const wanted = await encoder().encode(await render(picture, version), 1);
      wanted.forEach((value, i) => expect(Math.abs(out[6 + i]! - value)).toBeLessThan(3));
      wanted.subarray(0, 8).forEach((value, i) => expect(out[6 + i]!).toBeCloseTo(value, 1));
    }
  }
  expect(() => store.read("z/none", 0, out)).toThrow('no picture "z/none"');
  expect(() => store.read("x/one", 2, out)).toThrow("versions 0 to 1");
  store.close();
});

test("an interrupted store goes on with what is missing and ends the same", async () => {
  await build();
  const whole = await readFile(join(folder, "features.bin"));
  await truncate(join(folder, "features.bin"), 6 * recordBytes(shape) + 5);
  const log: number[] = [];
  await build({ encoder: encoder("a", log) });
  expect(log).toEqual([3, 1]);
  expect(Buffer.compare(await readFile(join(folder, "features.bin")), whole)).toBe(0);
});

test("more versions continue a store", async () => {
  await build({ versions: 1 });
  const log: number[] = [];
  await build({ versions: 2, encoder: encoder("a", log) });
  expect(log).toEqual([3, 2]);
});

test("features of another encoder or of other pictures are kept: another run may be reading them", async () => {
  await build({ versions: 1 });
  const kept = await readFile(join(folder, "features.bin"));
  const log: number[] = [];
  const message = /holds features of other pictures, or of another vision encoder; name another folder/;
  await expect(build({ versions: 1, encoder: encoder("b", log) })).rejects.toThrow(message);
  await expect(build({ versions: 1, pictures: ["other"], encoder: encoder("a", log) })).rejects.toThrow(message);
  expect(log).toEqual([]);
  expect(Buffer.compare(await readFile(join(folder, "features.bin")), kept)).toBe(0);
});

test("a folder without a store says what to do", async () => {
  await expect(FeatureStore.open(folder)).rejects.toThrow("there is no feature store");
});
