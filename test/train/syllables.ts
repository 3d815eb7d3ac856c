/** A data set of a test's own: made-up words, in texts of different lengths. */
import type { OpenSource } from "flamingo-vlm/train";

const consonants = [..."bcdfghklmnprst"];
const words = consonants.flatMap((first) => [..."aeiou"].flatMap((vowel) => consonants.map((last) => `${first}${vowel}${last}`)));

const open: OpenSource = () => ({
  document(random) {
    const text = Array.from({ length: random.integer(2, 9) }, () => random.pick(words.slice(0, 40))).join(" ");
    return [
      { kind: "text", text, learn: true },
      { kind: "endOfChunk", learn: true },
    ];
  },
  vocabularyTexts: () => [words.join(" "), words.join(" ")],
});
export default open;
