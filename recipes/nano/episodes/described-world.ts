import type { Random } from "flamingo-vlm/data";
import type { Concept } from "../things/concept.ts";
import type { World } from "./episodes.ts";

export const colourNames = ["red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "grey"] as const;

/**
 * A world of words: a "picture" is a handful of words that describe the thing, drawn again each time. Two descriptions of one thing overlap only in part, and
 * stray words slip in, so whoever reads them must match loosely, as pictures will demand.
 */
export function describedWorld(concepts: readonly Concept[]): World<string> {
  return {
    concepts,
    picture({ name, words, colours }, random: Random) {
      // Sometimes the name alone: the sharpest match, which looser ones are learnt from.
      const chosen = random.chance(0.25) ? [name] : random.sample(words, random.integer(2, 5));
      if (random.chance(0.7) || chosen.length < 2) chosen.push(name);
      if (colours.length > 0 && random.chance(0.8)) chosen.push(random.pick(colours));
      if (random.chance(0.25)) chosen.push(random.pick(random.pick(concepts).words.concat("thing")));
      return random.shuffle([...new Set(chosen)]).join(" ");
    },
  };
}

/** Gives things colours at random: a described thing has the colour that its description says, so that questions about it can be asked. */
export function coloured(concepts: readonly Concept[], random: Random): Concept[] {
  return concepts.map((concept) => ({ ...concept, colours: [random.pick(colourNames)] }));
}
