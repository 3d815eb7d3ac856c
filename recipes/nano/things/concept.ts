import type { WordNetNoun } from "./wordnet.ts";

/** Something that can be named, shown and asked about. */
export interface Concept {
  /** Unique, and the same wherever the thing comes from: the held-out split hashes it. */
  readonly id: string;
  /** `red apple` */
  readonly name: string;
  /** Classes that it belongs to, nearest first: `fruit`, `food`. */
  readonly kinds: readonly string[];
  /** Words that describe it, without its name. */
  readonly words: readonly string[];
  /** Main colours, where they are known. */
  readonly colours: readonly string[];
}

const stopWords = new Set(
  "a an and any are as at be been between but by can each etc for from has have having he her his if in into is it its made many more most of often on one or other over part similar small some such than that the their them they this to two up used usually very was when where which while who whose with without you".split(
    " ",
  ),
);

/** What is said of a picture of which nothing is known. */
export const unsure = "not sure";

export function isUnsure({ name }: Concept): boolean {
  return name === unsure;
}

/** The words of a definition that say something. */
export function contentWords(text: string): string[] {
  const words = text.toLowerCase().match(/[a-z]{3,}/g) ?? [];
  return [...new Set(words.filter((word) => !stopWords.has(word)))];
}

/** Classes too wide to be an answer. */
const vagueKinds = new Set([
  "physical entity",
  "entity",
  "matter",
  "solid",
  "whole",
  "object",
  "abstraction",
  "unit",
  "instrumentality",
  "physical object",
  "causal agent",
  "living thing",
  "organism",
  "part",
  "thing",
  "group",
  "chordate",
  "vertebrate",
  "placental",
  "carnivore",
]);

export function conceptFromNoun({ name, kinds, gloss }: WordNetNoun): Concept {
  const named = new Set(name.split(" "));
  return {
    id: name,
    name,
    kinds: kinds.filter((kind) => !vagueKinds.has(kind)),
    words: [...new Set([...kinds.slice(0, 3).flatMap((kind) => kind.split(" ")), ...contentWords(gloss)])].filter((word) => !named.has(word)),
    colours: [],
  };
}

/** `apple` → `an apple`; plurals and names stay as they are. */
export function withArticle(noun: string): string {
  if (noun === unsure || /(?:[^s]s|\d)$/.test(noun) || /^(?:the|a|an) /.test(noun)) return noun;
  return `${/^[aeiou]/i.test(noun) && !/^(?:uni|eu|one)/i.test(noun) ? "an" : "a"} ${noun}`;
}
