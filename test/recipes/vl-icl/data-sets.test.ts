/** What VL-ICL Bench's recipe makes: to the published counts, and true. */
import { expect, test } from "vitest";
import { countInduction } from "../../../recipes/vl-icl/counting.ts";
import { matching, openEnded } from "../../../recipes/vl-icl/drawings.ts";
import { operatorInduction } from "../../../recipes/vl-icl/operators.ts";
import { drawText, textWidth } from "../../../recipes/vl-icl/strokes.ts";
import { loadPicture } from "../../../src/data/image.ts";

interface Asked {
  readonly image: readonly string[];
  readonly question: string;
  readonly operator?: string;
  readonly answer: number;
}

test.each([false, true])("operators, each number a picture: %s", (interleaved) => {
  const { query, support, pictures } = operatorInduction(interleaved, 1);
  expect([query.length, support.length, pictures.size]).toEqual([60, 80, interleaved ? 10 : 100]);
  const pairOf = ({ image }: Pick<Asked, "image">): [number, number] =>
    image
      .join()
      .match(/\d(?=[_.])/g)!
      .map(Number) as [number, number];
  for (const each of query as readonly Asked[]) {
    const [a, b] = pairOf(each);
    expect(each.answer).toBe({ "+": a + b, "-": a - b, x: a * b }[each.operator!]);
    expect(each.image.every((path) => pictures.has(path))).toBe(true);
  }
  for (const each of support as readonly { image: string[]; answer: number[] }[]) {
    const [a, b] = pairOf(each);
    expect(each.answer).toEqual([a + b, a - b, a * b]);
  }
  const asked = new Set((query as readonly Asked[]).map((each) => pairOf(each).join()));
  expect(asked.size).toBe(20);
  expect((support as readonly Asked[]).some((each) => asked.has(pairOf(each).join()))).toBe(false);
  expect((query as readonly Asked[]).some(({ answer }) => answer < 0)).toBe(true);
  expect(operatorInduction(interleaved, 1).query).toEqual(query);
  expect(operatorInduction(interleaved, 2).query).not.toEqual(query);
});

test("digits are drawn without any font: each is another picture, black on white, inside of it", async () => {
  const { pictures } = operatorInduction(true, 1);
  const seen = new Set<string>();
  for (const draw of pictures.values()) {
    const { width, height, data } = await loadPicture(Buffer.from(await draw()));
    expect([width, height]).toEqual([256, 256]);
    const dark = data.reduce((count, value, i) => count + (i % 3 === 0 && value < 64 ? 1 : 0), 0);
    expect(dark).toBeGreaterThan(300);
    expect(data.subarray(0, 3 * 256 * 20).every((value) => value > 240)).toBe(true);
    seen.add(data.filter((_, i) => i % 3 === 0 && Math.floor(i / 3) % 2 === 0).join());
  }
  expect(seen.size).toBe(10);
  expect(textWidth("1 ? 2", 72)).toBeLessThan(256);
  expect(() => drawText("a", 0, 0, { height: 10, colour: "black" })).toThrow(/cannot be drawn/);
});

test("counting: a property, and how many have it", async () => {
  const { query, support, pictures } = countInduction(1, 20, 40);
  expect([query.length, support.length, pictures.size]).toEqual([40, 20, 60]);
  const asked = query as readonly Asked[];
  expect(asked.every(({ question }) => /^(shape|size|material|color): \w+$/.test(question))).toBe(true);
  expect(asked.every(({ answer }) => answer >= 1 && answer <= 10)).toBe(true);
  expect(new Set(asked.map(({ answer }) => answer)).size).toBeGreaterThan(3);
  const { width, height } = await loadPicture(Buffer.from(await pictures.get(asked[0]!.image[0]!)!()));
  expect([width, height]).toEqual([256, 256]);
});

const concepts = Array.from({ length: 12 }, (_, i) => ({
  ...{ id: `thing ${i}`, name: `thing ${i}`, group: `thing ${i}`, domain: "glyph", part: "heldOut" as const, kinds: [], words: [], colours: [] },
  pictures: Array.from({ length: 9 }, (__, hand) => ({ id: `hand-${hand}/thing-${i}`, style: `hand-${hand}`, colours: [] })),
}));
const thingOf = (path: string): string => path.split("/").at(-1)!;

test("open-ended: new names for five things, none of whose examples is what is asked about", () => {
  const { query } = openEnded(concepts, () => new Uint8Array(), 1, 30);
  interface Open {
    readonly image: readonly [string];
    readonly answer: string;
    readonly classes: readonly string[];
    readonly support: Readonly<Record<string, { readonly images: readonly string[] }>>;
  }
  for (const { image, answer, classes, support } of query as readonly Open[]) {
    expect(Object.keys(support)).toEqual(classes);
    expect(new Set(Object.values(support).map(({ images }) => new Set(images.map(thingOf)))).size).toBe(5);
    expect(support[answer]!.images).toHaveLength(8);
    expect(support[answer]!.images.map(thingOf)).toEqual(Array.from({ length: 8 }, () => thingOf(image[0])));
    expect(support[answer]!.images).not.toContain(image[0]);
  }
});

test("matching: pairs of one thing and of two, and nothing that is asked about is in an example", () => {
  const { query, support } = matching(concepts, () => new Uint8Array(), 1, 30, 30);
  interface Pair {
    readonly image: readonly [string, string];
    readonly answer: string;
  }
  const pairs = support as readonly { readonly same: Pair; readonly diff: Pair }[];
  for (const { image, answer } of [...(query as readonly Pair[]), ...pairs.flatMap(({ same, diff }) => [same, diff])]) {
    expect(answer).toBe(thingOf(image[0]) === thingOf(image[1]) ? "Yes" : "No");
    expect(image[0]).not.toBe(image[1]);
  }
  const shown = new Set(pairs.flatMap(({ same, diff }) => [...same.image, ...diff.image].map(thingOf)));
  expect((query as readonly Pair[]).some(({ image }) => image.some((path) => shown.has(thingOf(path))))).toBe(false);
  expect((query as readonly Pair[]).filter(({ answer }) => answer === "Yes")).toHaveLength(15);
});
