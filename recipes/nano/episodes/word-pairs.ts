import type { InterleavedDocument } from "flamingo-vlm/data";
import { hashFraction, type Random } from "flamingo-vlm/data";
import { nonceWord } from "./nonce.ts";

/** Of keys and of made-up values, the share that training never shows. */
const heldOutShare = 0.2;

export type WordPairSplit = "train" | "held-out";

/** Whether a word belongs to the split, for ever. */
export function inSplit(word: string, split: WordPairSplit): boolean {
  return hashFraction(`word pair ${word}`) < heldOutShare === (split === "held-out");
}

const styles: readonly { readonly between: string; readonly after: string }[] = [
  { between: ": ", after: ", " },
  { between: " = ", after: "; " },
  { between: " is ", after: ". " },
  { between: " -> ", after: "\n" },
  { between: ": ", after: "\n" },
];

export interface WordPairList {
  /** `dog: dax, cat: blick, dog:` */
  readonly prompt: string;
  /** ` dax` */
  readonly answer: string;
  /** All values in the list: what a guess could be. */
  readonly choices: readonly string[];
}

/** Draws a list of pairs and one question about it, in the style `key: value, …`. */
export function drawWordPairList(nouns: readonly string[], split: WordPairSplit, pairs: number, random: Random): WordPairList {
  const bindings = drawBindings(nouns, split, pairs, random);
  const asked = random.pick(bindings);
  const listed = bindings.map(({ key, value }) => `${key}: ${value}, `).join("");
  return { prompt: `${listed}${asked.key}:`, answer: ` ${asked.value}`, choices: bindings.map(({ value }) => ` ${value}`) };
}

/** A list in which every key comes back, in another order; what it was bound to is learnt. */
export function wordPairDocument(nouns: readonly string[], mostPairs: number, random: Random): InterleavedDocument<undefined> {
  const bindings = drawBindings(nouns, "train", random.integer(2, mostPairs), random);
  const { between, after } = random.pick(styles);
  const again = [...random.shuffle(bindings), ...random.sample(bindings, 2)];
  return [
    { kind: "text", text: bindings.map(({ key, value }) => key + between + value + after).join(""), learn: false },
    ...again.flatMap(({ key, value }) => [
      { kind: "text", text: key + between.trimEnd(), learn: false } as const,
      { kind: "text", text: ` ${value}`, learn: true } as const,
      { kind: "text", text: after, learn: false } as const,
    ]),
  ];
}

function drawBindings(nouns: readonly string[], split: WordPairSplit, count: number, random: Random): { key: string; value: string }[] {
  const draw = (from: () => string): string[] => {
    const words = new Set<string>();
    while (words.size < count) {
      const word = from();
      if (inSplit(word, split)) words.add(word);
    }
    return [...words];
  };
  const keys = draw(() => random.pick(nouns));
  const values = draw(() => nonceWord(random));
  return keys.map((key, i) => ({ key, value: values[i]! }));
}
