import { describe, expect, test } from "vitest";
import { loadPicture } from "../../src/data/image.ts";
import { upright } from "../../src/data/orientation.ts";
import expected from "../fixtures/data/orientations.json" with { type: "json" };

test.each(expected)("$name: stood up as Pillow does it", async ({ file, size }) => {
  const { width, height } = await loadPicture(new Uint8Array(Buffer.from(file, "base64")));
  expect([width, height]).toEqual(size);
});

describe("upright", () => {
  // A B
  // C D
  // E F
  const [a, b, c, d, e, f] = [1, 2, 3, 4, 5, 6];
  test.each([
    [1, [a, b, c, d, e, f]],
    [2, [b, a, d, c, f, e]],
    [3, [f, e, d, c, b, a]],
    [4, [e, f, c, d, a, b]],
    [5, [a, c, e, b, d, f]],
    [6, [e, c, a, f, d, b]],
    [7, [f, d, b, e, c, a]],
    [8, [b, d, f, a, c, e]],
  ] as const)("%i", (orientation, pixels) => {
    const data = Uint8ClampedArray.from([a, b, c, d, e, f].flatMap((value) => [value, value, value]));
    const { width, height, data: found } = upright({ width: 2, height: 3, data }, orientation);
    expect([width, height]).toEqual(orientation < 5 ? [2, 3] : [3, 2]);
    expect([...found].filter((_, i) => i % 3 === 0)).toEqual(pixels);
  });
});
