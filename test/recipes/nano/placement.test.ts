import { expect, test } from "vitest";
import { type Cutout, colourAreas, sharedColours } from "../../../recipes/nano/drawings/main-colours.ts";
import { place, placementOf, plainPlacement } from "../../../recipes/nano/drawings/placement.ts";

/** A disc on nothing, its left half of one colour and its right half of another. */
function disc(left: readonly number[], right: readonly number[], size = 64): Cutout {
  const data = new Uint8Array(size * size * 4);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      if (Math.hypot(x + 0.5 - size / 2, y + 0.5 - size / 2) < size / 2) data.set([...(x < size / 2 ? left : right), 255], (y * size + x) * 4);
    }
  }
  return { width: size, height: size, data };
}

const red = [220, 40, 40];
const blue = [30, 90, 220];
const at = (picture: { width: number; data: Uint8ClampedArray }, x: number, y: number): number[] => [
  ...picture.data.subarray((y * picture.width + x) * 3, (y * picture.width + x) * 3 + 3),
];

test("a drawing lies in the middle of white", () => {
  const picture = place(disc(red, blue), plainPlacement, 40);
  expect(at(picture, 0, 0)).toEqual([255, 255, 255]);
  expect(at(picture, 10, 20)).toEqual(red);
  expect(at(picture, 30, 20)).toEqual(blue);
});

test("mirroring, shifting and turning do what they say", () => {
  const mirrored = place(disc(red, blue), { ...plainPlacement, mirrored: true }, 40);
  expect(at(mirrored, 10, 20)).toEqual(blue);
  const shifted = place(disc(red, blue), { ...plainPlacement, scale: 0.4, shift: [0.3, 0] }, 40);
  expect(at(shifted, 30, 20)).toEqual(red);
  expect(at(shifted, 34, 20)).toEqual(blue);
  expect(at(shifted, 10, 20)).toEqual([255, 255, 255]);
  // A quarter turn clockwise brings the left half to the top.
  const turned = place(disc(red, blue), { ...plainPlacement, rotation: Math.PI / 2 }, 40);
  expect(at(turned, 20, 8)).toEqual(red);
  expect(at(turned, 20, 32)).toEqual(blue);
});

test("versions differ from each other and not from themselves", () => {
  expect(placementOf("noto/cat", "thing", 0)).toEqual(plainPlacement);
  expect(placementOf("noto/cat", "thing", 3)).toEqual(placementOf("noto/cat", "thing", 3));
  expect(placementOf("noto/cat", "thing", 3)).not.toEqual(placementOf("noto/cat", "thing", 4));
  for (let version = 0; version < 50; version++) expect(placementOf("noto/up-arrow", "symbol", version).mirrored).toBe(false);
});

test.each([
  [[221, 46, 68], "red"],
  [[255, 204, 77], "yellow"],
  [[244, 144, 12], "orange"],
  [[120, 177, 89], "green"],
  [[85, 172, 238], "blue"],
  [[170, 142, 214], "purple"],
  [[234, 89, 110], "red"],
  [[244, 171, 186], "pink"],
  [[193, 105, 79], "brown"],
  [[141, 110, 99], "brown"],
  [[41, 47, 51], "black"],
  [[245, 248, 250], "white"],
  [[153, 170, 181], "grey"],
] as const)("%j is %s", (colour, name) => {
  expect(colourAreas(disc(colour, colour))).toEqual([[name, 1]]);
});

test("colours count where most drawings agree", () => {
  expect(
    colourAreas(disc(red, blue))
      .map(([name]) => name)
      .sort(),
  ).toEqual(["blue", "red"]);
  expect(
    sharedColours([
      [
        ["red", 0.8],
        ["green", 0.2],
      ],
      [
        ["red", 0.5],
        ["green", 0.5],
      ],
      [["green", 0.9]],
    ]),
  ).toEqual(["green", "red"]);
  expect(sharedColours([[["red", 1]], [["blue", 1]]])).toEqual([]);
});
