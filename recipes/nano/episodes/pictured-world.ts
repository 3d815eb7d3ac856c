import type { Random } from "flamingo-vlm/data";
import type { IndexedPicture, PicturedConcept } from "../drawings/picture-index.ts";
import { drawingStyle } from "../drawings/styles.ts";
import type { World } from "./episodes.ts";

/**
 * The world of drawings, for one episode: a thing that comes again is drawn by another family of artists, as long as there is one that has not shown it, since
 * drawings within a family copy each other.
 */
export function picturedWorld(concepts: readonly PicturedConcept[]): World<IndexedPicture> {
  const shown = new Map<string, Set<string>>();
  const byId = conceptsById(concepts);
  return {
    concepts,
    picture({ id }, random: Random) {
      const { pictures } = byId.get(id)!;
      const seen = shown.get(id) ?? new Set();
      const fresh = pictures.filter((picture) => !seen.has(familyOf(picture)));
      if (fresh.length === 0) seen.clear();
      // Families first, then drawings: a family of two sets is not shown twice as often.
      const candidates = fresh.length > 0 ? fresh : pictures;
      const family = random.pick([...new Set(candidates.map(familyOf))]);
      shown.set(id, seen.add(family));
      return random.pick(candidates.filter((picture) => familyOf(picture) === family));
    },
    colours: ({ colours }) => colours,
  };
}

/** Pictures that nobody drew do not copy each other. */
function familyOf({ id, style }: IndexedPicture): string {
  return style === "procedural" || style === "photograph" ? id : drawingStyle(style).family;
}

const known = new WeakMap<readonly PicturedConcept[], ReadonlyMap<string, PicturedConcept>>();

function conceptsById(concepts: readonly PicturedConcept[]): ReadonlyMap<string, PicturedConcept> {
  const found = known.get(concepts) ?? new Map(concepts.map((concept) => [concept.id, concept]));
  known.set(concepts, found);
  return found;
}
