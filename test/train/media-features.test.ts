import { expect, test } from "vitest";
import type { FeatureEncoder } from "../../src/train/feature-store.ts";
import { MediaFeatures } from "../../src/train/media-features.ts";
import type { FeatureReader } from "../../src/train/sources/source.ts";

/** Two rows of a grid and two that hold the probabilities of five classes; a picture's features say how bright it is. */
const [positions, width, grid, classes] = [4, 3, 2, 5];
const encoder: FeatureEncoder = {
  key: "brightness",
  size: 2,
  positions,
  width,
  encode: (pixels, pictures) =>
    Promise.resolve(Float32Array.from({ length: pictures * positions * width }, (_, i) => pixels[Math.floor(i / (positions * width)) * 12]!)),
};
const store: FeatureReader = {
  positions,
  width,
  versions: 2,
  has: () => true,
  read: (picture, version, out, offset = 0) => out.fill(Number(picture) + version, offset, offset + positions * width),
};
const preprocessing = {
  size: [2, 2] as [number, number],
  fit: "squash",
  interpolation: "bicubic",
  background: [255, 255, 255],
  mean: [0, 0, 0],
  deviation: [1, 1, 1],
} as const;
const grey = (value: number) => ({ width: 2, height: 2, data: new Uint8ClampedArray(12).fill(value) });
const evidence = Float32Array.of(0.1, 0.2, 0.3, 0.15, 0.25);

test("stored pictures, drawn ones, and evidence in the place of what the encoder says, in their order", async () => {
  const media = new MediaFeatures({ store, encoder, classes, grid, preprocessing });
  const { shape, data } = await media.tensor([
    { stored: "7", version: 1 },
    { picture: grey(200) },
    { stored: "3", version: 0, evidence },
    { picture: grey(90), evidence },
  ]);
  expect(shape).toEqual([4, 1, positions, width]);
  const rows = [...(data as Float32Array)].map((value) => Math.round(1000 * value) / 1000);
  const said = [0.1, 0.2, 0.3, 0.15, 0.25, 0];
  expect(rows).toEqual([...Array(12).fill(8), ...Array(12).fill(200), ...Array(6).fill(3), ...said, ...Array(6).fill(90), ...said]);
});

test("the frames of a film may be stored pictures; of shorter ones the last is seen again", async () => {
  const media = new MediaFeatures({ store, encoder, classes, grid, preprocessing });
  const { shape, data } = await media.tensor([{ frames: [{ stored: "7", version: 1 }, grey(200), { stored: "3", version: 0 }] }, { stored: "5", version: 0 }]);
  expect(shape).toEqual([2, 3, positions, width]);
  const firsts = Array.from({ length: 6 }, (_, frame) => (data as Float32Array)[frame * positions * width]);
  expect(firsts).toEqual([8, 200, 3, 5, 5, 5]);
});

test("two stored pictures blended by their share, before evidence is put in its place", async () => {
  const media = new MediaFeatures({ store, encoder, classes, grid, preprocessing });
  const blend = { stored: "3", version: 0, share: 0.25 };
  const { data } = await media.tensor([
    { stored: "7", version: 0, blend },
    { stored: "7", version: 0, blend, evidence },
  ]);
  expect([...(data as Float32Array)].slice(0, 18)).toEqual(Array(18).fill(6));
  expect((data as Float32Array)[18]).toBeCloseTo(0.1);
  await expect(media.tensor([{ stored: "7", version: 0, blend: { ...blend, share: 1.5 } }])).rejects.toThrow(/blends 1\.5 of "3".*a share is from 0 to 1/);
});

test("no picture gives one of zeros; what does not fit is named", async () => {
  const media = new MediaFeatures({ store: undefined, encoder, classes, grid, preprocessing });
  expect((await media.tensor([])).data).toEqual(new Float32Array(positions * width));
  await expect(media.tensor([{ stored: "1", version: 0 }])).rejects.toThrow(/names no pictures to be stored/);
  await expect(media.tensor([undefined])).rejects.toThrow(/marks the place of a picture and shows none/);
  await expect(media.tensor([{ picture: grey(1), evidence: new Float32Array(4) }])).rejects.toThrow(/probabilities of 4 classes, the vision encoder has 5/);
  await expect(new MediaFeatures({ store, encoder, classes: 0, grid: 4, preprocessing }).tensor([{ stored: "1", version: 0, evidence }])).rejects.toThrow(
    /the vision encoder has none; give it "classes": 5/,
  );
});
