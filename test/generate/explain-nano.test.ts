/** Whether the embedded model looks where there is something to see. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadPicture } from "../../src/data/image.ts";
import { resize } from "../../src/data/resize.ts";
import { openPictures } from "../../src/evaluate/evaluate.ts";
import { Flamingo, image, type Picture } from "../../src/index.ts";

let model: Flamingo;
beforeAll(async () => {
  model = await Flamingo.load("nano", { worker: false, threads: 1 });
});
afterAll(() => model.dispose());

const pictures = await openPictures("models/nano/evaluation/pictures.tar");
const edge = 192;
const corners = { left: [0, 48], right: [96, 48], top: [48, 0], bottom: [48, 96] } as const;

/** A drawing in one half of a white picture, half as wide and high as it. */
function placed(drawing: Picture, [left, top]: readonly [number, number]): Picture {
  const { width, height, data: pixels } = resize(drawing, edge / 2, edge / 2, "bicubic");
  const data = new Uint8ClampedArray(3 * edge * edge).fill(255);
  for (let row = 0; row < height; row++) data.set(pixels.subarray(3 * row * width, 3 * (row + 1) * width), 3 * ((top + row) * edge + left));
  return { width: edge, height: edge, data };
}

test.each([
  "noto/turtle",
  "noto/crown",
  "noto/strawberry",
  "noto/dolphin",
  "noto/thermometer",
  "noto/coral",
  "twemoji/hammer",
  "twemoji/shaved-ice",
  "twemoji/turtle",
  "emojione/umbrella",
  "noto-v1/fire",
  "icon-park-outline/croissant",
])("most of a map lies on the half of the picture where %s is", async (name) => {
  const drawing = await loadPicture(pictures(`${name}.webp`));
  for (const [side, corner] of Object.entries(corners)) {
    const { words } = await model.explain([image(placed(drawing, corner))], "a dax");
    for (const { media } of words) {
      const [{ average }] = media as [(typeof media)[number]];
      const map = average.map[0]!;
      const half = map.length / 2;
      const within = (row: number, column: number): boolean => ({ left: column < half, right: column >= half, top: row < half, bottom: row >= half })[side]!;
      const on = map.flatMap((shares, row) => shares.filter((_, column) => within(row, column))).reduce((sum, share) => sum + share, 0);
      expect(on / map.flat().reduce((sum, share) => sum + share, 0), side).toBeGreaterThan(0.6);
    }
  }
});
