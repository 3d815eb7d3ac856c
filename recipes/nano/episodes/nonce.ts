import type { Random } from "flamingo-vlm/data";

const onsets = [
  "b",
  "bl",
  "br",
  "ch",
  "d",
  "dr",
  "f",
  "fl",
  "g",
  "gl",
  "gr",
  "h",
  "j",
  "k",
  "kl",
  "kr",
  "l",
  "m",
  "n",
  "p",
  "pl",
  "pr",
  "r",
  "s",
  "sk",
  "sl",
  "sn",
  "sp",
  "st",
  "t",
  "th",
  "tr",
  "v",
  "w",
  "y",
  "z",
];
const vowels = ["a", "e", "i", "o", "u", "ee", "oo", "ai", "ou"];
const codas = ["b", "ck", "d", "f", "g", "k", "l", "m", "n", "ng", "nk", "p", "pp", "r", "s", "sh", "t", "v", "x", "z", ""];

/** A pronounceable word that means nothing: `dax`, `blicket`, `wug`. */
export function nonceWord(random: Random): string {
  const first = random.pick(onsets) + random.pick(vowels) + random.pick(codas);
  const long = random.chance(0.35);
  const word = long ? `${first}${random.pick(vowels.slice(0, 5))}${random.pick(codas)}` : first;
  return word.length >= 3 ? word : nonceWord(random);
}

/** Different nonce words. */
export function nonceWords(random: Random, count: number): string[] {
  const words = new Set<string>();
  while (words.size < count) words.add(nonceWord(random));
  return [...words];
}
