import { expect, test } from "vitest";
import type { PicturedConcept } from "../../../recipes/nano/drawings/picture-index.ts";
import { drawingStyle } from "../../../recipes/nano/drawings/styles.ts";
import { picturedWorld } from "../../../recipes/nano/episodes/pictured-world.ts";
import { drawPairs } from "../../../recipes/nano/sources/pairs.ts";
import { Random } from "../../../src/data/random.ts";

const styles = ["noto", "noto-v1", "twemoji"];
const concepts = ["apple", "pear", "plum", "fig"].map(
  (id) => ({ id, name: id, pictures: styles.map((style) => ({ id: `${style}/${id}`, style, colours: [] })) }) as unknown as PicturedConcept,
);
const single = { ...concepts[0]!, id: "quince", pictures: [{ id: "noto/quince", style: "noto", colours: [] }] };
const all = [...concepts, single];
const pairs = drawPairs(() => {
  const world = picturedWorld(all);
  return { concepts: all, picture: (concept, random) => ({ stored: world.picture(concept, random).id, version: 0 }) };
});

test("each pair is two drawings of one thing by different artists, and no thing comes twice", () => {
  for (let seed = 0; seed < 20; seed++) {
    const drawn = pairs(4, new Random(seed));
    expect(drawn).toHaveLength(4);
    const things = drawn.map((pair) => {
      const [[style, thing], [otherStyle, other]] = pair.map((medium) => (medium as { stored: string }).stored.split("/")) as [string[], string[]];
      expect(other).toBe(thing);
      expect(drawingStyle(otherStyle!).family).not.toBe(drawingStyle(style!).family);
      return thing;
    });
    expect(new Set(things).size).toBe(4);
  }
});

test("fewer things with two drawings than pairs is an error that counts both", () => {
  expect(() => pairs(5, new Random(1))).toThrow("4 things have two pictures, fewer than the 5 pairs of a batch");
});
