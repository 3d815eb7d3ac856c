import { expect, test } from "vitest";
import { adjustBrightness, adjustContrast, adjustSaturation, augmentationConfig, augmented, flipped } from "../../src/data/augmentation.ts";
import { Random } from "../../src/data/random.ts";
import reference from "../fixtures/data/augmentation.json" with { type: "json" };

const { width, height } = reference;
const picture = { width, height, data: Uint8ClampedArray.from(reference.data) };
const changes = { brightness: adjustBrightness, contrast: adjustContrast, saturation: adjustSaturation };

test.each(reference.cases)("$kind times $factor is torchvision's", ({ kind, factor, data }) => {
  const found = changes[kind as keyof typeof changes](picture, factor).data;
  // float32 there, float64 here: what lies on the edge of two bytes may fall to either.
  data.forEach((value, i) => expect(Math.abs(found[i]! - value)).toBeLessThanOrEqual(1));
  expect(data.filter((value, i) => found[i] !== value).length).toBeLessThanOrEqual(0.05 * data.length);
});

test("left and right change places", () => {
  expect([...flipped(picture).data]).toEqual(reference.flipped);
});

test("nothing changes where nothing is asked for; the same numbers give the same picture, others another one", () => {
  expect(augmented(picture, augmentationConfig.parse({}), new Random("any")).data).toEqual(picture.data);
  const config = augmentationConfig.parse({ flip: 0.5, brightness: 0.4, contrast: 0.4, saturation: 0.4 });
  const of = (seed: number): string => augmented(picture, config, new Random("augment", seed)).data.join();
  expect(of(1)).toBe(of(1));
  expect(new Set([1, 2, 3, 4].map(of)).size).toBe(4);
});
