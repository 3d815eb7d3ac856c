import type { Random } from "flamingo-vlm/data";
import type { StoredPicture } from "flamingo-vlm/train";
import type { ClassConcept } from "../classes/class-concepts.ts";
import type { EvidenceDrawer } from "../classes/draw-evidence.ts";
import type { PicturedConcept } from "../drawings/picture-index.ts";
import { isUnsure } from "../things/concept.ts";
import type { World } from "./episodes.ts";

/** A picture whose evidence is drawn, too. */
export type TrainingMedium = StoredPicture & { readonly evidence?: Float32Array };

/**
 * The world of photographs that were never there, for one episode: a thing is what the classifier says of it, before a ground that says nothing. So a name is learnt from the evidence alone,
 * and to look for it there where the rest is no drawing.
 * @param grounds - photographs and patterns: anything but drawings, whose names are read from what they show
 * @param others - any pictures, drawings too: blended into a ground they make one that nobody has seen, as a photograph is
 */
export function evidenceWorld(
  concepts: readonly ClassConcept[],
  drawer: EvidenceDrawer,
  grounds: readonly PicturedConcept[],
  others: readonly string[],
  versions: number,
): World<TrainingMedium, ClassConcept> {
  // Photographs of one thing are alike in more than their evidence: some share a ground.
  const own = new Map<string, PicturedConcept>();
  return {
    concepts,
    picture(concept, random: Random) {
      const ground = random.chance(0.4) ? (own.get(concept.id) ?? random.pick(grounds)) : random.pick(grounds);
      own.set(concept.id, ground);
      const evidence = isUnsure(concept) ? drawer.unsure(random) : drawer.named(concept.node, random);
      const shown = { stored: random.pick(ground.pictures).id, version: random.integer(0, versions - 1), evidence };
      if (!random.chance(0.45)) return shown;
      return { ...shown, blend: { stored: random.pick(others), version: random.integer(0, versions - 1), share: random.between(0.25, 0.65) } };
    },
  };
}
