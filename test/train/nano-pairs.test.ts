import { expect, test } from "vitest";
import type { PicturedConcept } from "../../src/data/nano/picture-index.ts";
import { drawingStyle } from "../../src/data/nano/styles.ts";
import { nanoPairsSource } from "../../src/train/sources/nano-pairs.ts";
import type { FeatureReader, SourceContext } from "../../src/train/sources/source.ts";
import { nanoPairsConfig } from "../../src/train/sources/source-config.ts";

const styles = ["noto", "noto-v1", "twemoji"];
const concepts = ["apple", "pear", "plum", "fig"].map(
  (id) => ({ id, name: id, pictures: styles.map((style) => ({ id: `${style}/${id}`, style, colours: [] })) }) as unknown as PicturedConcept,
);
const single = { ...concepts[0]!, id: "quince", pictures: [{ id: "noto/quince", style: "noto", colours: [] }] };
const names = [...concepts.flatMap(({ pictures }) => pictures.map(({ id }) => id)), "noto/quince"];

/** A store whose features say which picture they are of. */
const features: FeatureReader = {
  positions: 2,
  width: 1,
  versions: 3,
  has: (picture) => names.includes(picture),
  read: (picture, _, out, offset = 0) => out.fill(names.indexOf(picture), offset, offset + 2),
};
const context = { seed: 1 } as SourceContext;
const config = nanoPairsConfig.parse({ kind: "nano-pairs", name: "pairs", domains: ["thing"], pairs: 4 });

test("each row holds two drawings of one thing by different artists, and no thing comes twice", async () => {
  const source = nanoPairsSource(config, [...concepts, single], features, context);
  for (let step = 0; step < 20; step++) {
    const { first, second } = await source.batch(step);
    expect(first!.shape).toEqual([4, 1, 2, 1]);
    const shown = (side: typeof first, row: number): readonly string[] => names[side!.data[2 * row] as number]!.split("/");
    const things = [0, 1, 2, 3].map((row) => {
      const [[style, thing], [otherStyle, other]] = [shown(first, row), shown(second, row)] as [[string, string], [string, string]];
      expect(other).toBe(thing);
      expect(drawingStyle(otherStyle).family).not.toBe(drawingStyle(style).family);
      return thing;
    });
    expect(new Set(things).size).toBe(4);
  }
});

test("fewer things with two drawings than pairs is an error that counts both", () => {
  expect(() => nanoPairsSource({ ...config, pairs: 5 }, [...concepts, single], features, context)).toThrow(
    'the data set "pairs" has 4 things with two drawings, fewer than its 5 pairs',
  );
});
