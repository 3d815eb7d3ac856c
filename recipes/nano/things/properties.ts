/** What follows from the kinds of a thing; undefined where they do not tell. */
import type { Concept } from "./concept.ts";

const living = new Set([
  "animal",
  "mammal",
  "bird",
  "fish",
  "insect",
  "bug",
  "reptile",
  "amphibian",
  "arthropod",
  "invertebrate",
  "sea animal",
  "plant",
  "vascular plant",
  "flower",
  "tree",
  "fungus",
  "person",
]);
const food = new Set([
  "food",
  "fruit",
  "edible fruit",
  "vegetable",
  "dish",
  "drink",
  "beverage",
  "baked goods",
  "foodstuff",
  "nutriment",
  "produce",
  "sweet",
  "bread",
]);
/** What neither lives nor is eaten. A dish, a plant or an animal may well be either, so nothing is said of those. */
const lifeless = new Set([
  "artifact",
  "vehicle",
  "device",
  "clothing",
  "garment",
  "tool",
  "building",
  "structure",
  "container",
  "furniture",
  "instrument",
  "musical instrument",
  "household object",
  "office supply",
  "equipment",
  "computer part",
  "celestial body",
  "mail",
  "money",
  "light or camera",
  "footwear",
  "book or paper",
]);

export function isLiving({ kinds }: Concept): boolean | undefined {
  if (isOf(kinds, living)) return isOf(kinds, food) || kinds.includes("body part") ? undefined : true;
  return isOf(kinds, lifeless) || isOf(kinds, food) ? false : undefined;
}

export function isFood({ kinds }: Concept): boolean | undefined {
  if (isOf(kinds, food)) return isOf(kinds, lifeless) ? undefined : true;
  return isOf(kinds, lifeless) ? false : undefined;
}

function isOf(kinds: readonly string[], some: ReadonlySet<string>): boolean {
  return kinds.some((kind) => some.has(kind));
}
