import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { FeatureEncoder } from "../../src/train/feature-store.ts";
import { keepingFeatures } from "../../src/train/platform/node-kept-features.ts";

const [positions, width] = [3, 8];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kept-features-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Logs how bright the pictures are that it is shown. */
function encoder(log: number[], key = "a"): FeatureEncoder {
  return {
    key,
    size: 2,
    positions,
    width,
    encode(pixels, pictures) {
      const shown = Array.from({ length: pictures }, (_, i) => pixels[12 * i]!);
      log.push(...shown);
      return Promise.resolve(Float32Array.from(shown.flatMap((value) => Array.from({ length: positions * width }, (_, i) => value + i / 7))));
    },
  };
}

const pictures = (...values: number[]): Uint8ClampedArray => Uint8ClampedArray.from(values.flatMap((value) => new Array<number>(12).fill(value)));
const recordsFile = async (): Promise<string> => join(folder, (await readdir(folder)).find((name) => name.endsWith(".bin"))!);

test("each picture is encoded once, in whatever order, batch and run it comes", async () => {
  const log: number[] = [];
  const first = await keepingFeatures(encoder(log), folder);
  const some = await first.encode(pictures(5, 9, 5), 3);
  expect(some.subarray(0, 24)).toEqual(some.subarray(48));
  some.subarray(24, 48).forEach((value, i) => expect(value).toBeCloseTo(9 + i / 7, 1));
  const [again] = await Promise.all([first.encode(pictures(9), 1), first.encode(pictures(20, 30), 2), first.encode(pictures(40), 1)]);
  expect(again).toEqual(some.subarray(24, 48));
  const second = await keepingFeatures(encoder(log), folder);
  expect(await second.encode(pictures(40, 9, 1), 3)).toHaveLength(72);
  expect(await second.encode(pictures(5), 1)).toEqual(some.subarray(0, 24));
  expect(log.toSorted((a, b) => a - b)).toEqual([1, 5, 9, 20, 30, 40]);
});

test("what is torn or damaged is encoded again", async () => {
  const log: number[] = [];
  const whole = await (await keepingFeatures(encoder(log), folder)).encode(pictures(1, 2, 3), 3);
  const file = await recordsFile();
  const record = 16 + 8 + positions * (width + 4);
  const bytes = await readFile(file);
  bytes.fill(0, record + 30, 2 * record);
  await writeFile(file, bytes);
  await truncate(file, 3 * record - 1);
  expect(await (await keepingFeatures(encoder(log), folder)).encode(pictures(1, 2, 3), 3)).toEqual(whole);
  expect(log).toEqual([1, 2, 3, 2, 3]);
});

test("another encoder's folder is refused, and stays", async () => {
  await (await keepingFeatures(encoder([]), folder)).encode(pictures(1), 1);
  const before = await readFile(await recordsFile());
  await expect(keepingFeatures(encoder([], "b"), folder)).rejects.toThrow(/keeps features of another vision encoder.*name another folder with "features"/);
  expect(await readFile(await recordsFile())).toEqual(before);
});
