import { asByteCharacters } from "./byte-characters.ts";
import type { NormalizerStep } from "./format.ts";
import { compilePattern } from "./pattern.ts";
import { slicesOf } from "./split.ts";

/** Changes a text before it is cut into pieces. */
export type Normalizer = (text: string) => string;

/** @throws DataError when a pattern cannot be searched for */
export function createNormalizer(steps: readonly NormalizerStep[]): Normalizer {
  const functions = steps.map(createStep);
  return (text) => functions.reduce((changed, step) => step(changed), text);
}

function createStep(step: NormalizerStep): Normalizer {
  switch (step.type) {
    case "NFC":
    case "NFD":
    case "NFKC":
    case "NFKD":
      return (text) => text.normalize(step.type);
    case "Lowercase":
      // Character by character: a Σ is σ also where a word ends.
      return (text) => Array.from(text, (character) => character.toLowerCase()).join("");
    case "StripAccents":
      return (text) => text.replace(/\p{M}/gu, "");
    case "ByteLevel":
      return asByteCharacters;
    case "Strip": {
      // JavaScript's own trim takes U+FEFF and leaves U+0085.
      const [left, right] = [step.strip_left ? /^\p{White_Space}+/u : undefined, step.strip_right ? /\p{White_Space}+$/u : undefined];
      return (text) => [left, right].reduce((rest, ends) => (ends === undefined ? rest : rest.replace(ends, "")), text);
    }
    case "Prepend":
      return (text) => (text === "" ? "" : step.prepend + text);
    case "Replace": {
      const pattern = compilePattern(step.pattern, "normalizer (Replace)");
      return (text) =>
        slicesOf(text, pattern)
          .map((slice) => (slice.matches ? step.content : slice.text))
          .join("");
    }
  }
}
