import { expect, test } from "vitest";
import { nameOf } from "../../../recipes/nano/classes/class-names.ts";
import imagenet from "../../../recipes/nano/classes/imagenet.json" with { type: "json" };

/** Probabilities of some classes, the rest spread over all. */
function said(likely: Readonly<Record<number, number>>): Float32Array {
  const rest = 1 - Object.values(likely).reduce((sum, each) => sum + each, 0);
  return Float32Array.from({ length: 1000 }, (_, place) => rest / 1000 + (likely[place] ?? 0));
}

test("the classes are ImageNet's, in its order, each a leaf that leads up to one root", () => {
  const { classes, nodes } = imagenet;
  expect(new Set(classes).size).toBe(1000);
  expect([0, 281, 665, 967, 999].map((place) => nodes[classes[place]!]!.name)).toEqual(["tench", "tabby cat", "moped", "espresso", "toilet paper"]);
  // What something is a kind of comes before it, so that no way up is a circle.
  nodes.forEach(({ kindOf }, node) => expect(kindOf.every((kind) => kind < node)).toBe(true));
  expect(nodes.filter(({ kindOf }) => kindOf.length === 0)).toHaveLength(1);
});

test.each([
  // What EfficientNet-Lite0 says of scikit-image's pictures of a cat, a cup, a scooter.
  ["three breeds of cat", said({ 285: 0.51, 282: 0.29, 281: 0.15 }), "cat", 4],
  ["one class", said({ 967: 0.97 }), "espresso", 1],
  ["one class of two", said({ 665: 0.83, 670: 0.1 }), "moped", 1],
  ["kinds of dogs, each a little", said({ 151: 0.2, 200: 0.2, 220: 0.2, 250: 0.2 }), "dog", 130],
  // Both are domestic animals, which WordNet knows, and which are called animals here.
  ["a dog or a cat", said({ 151: 0.35, 285: 0.35 }), "animal", 130],
])("%s", (_, probabilities, name, classes) => {
  const found = nameOf(probabilities, 0.6);
  expect(found?.name).toBe(name);
  expect(found?.probability).toBeGreaterThan(0.6);
  if (classes !== undefined) expect(found?.classes).toBeLessThanOrEqual(classes + 4);
});

test("where nothing is likely, a name would be made up", () => {
  expect(nameOf(said({}), 0.6)).toBeUndefined();
  expect(nameOf(said({ 967: 0.3, 817: 0.3 }), 0.9)).toBeUndefined();
  expect(() => nameOf([1], 0.5)).toThrow("there are 1000 classes, and 1 probabilities");
});
