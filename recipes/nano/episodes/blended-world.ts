import type { Random } from "flamingo-vlm/data";
import type { Concept } from "../things/concept.ts";
import type { World } from "./episodes.ts";
import type { TrainingMedium } from "./evidence-world.ts";

/**
 * Things that are none, for one episode: every concept's pictures are blended with those of another one, always the same. There are a thousand times more of them than of things that were drawn,
 * so what tells them apart cannot be learnt by heart. They have no names but new ones.
 */
export function blendedWorld<Known extends Concept>(world: World<TrainingMedium, Known>, random: Random): World<TrainingMedium, Known> {
  const partners = new Map<string, { readonly concept: Known; readonly share: number }>();
  return {
    concepts: world.concepts,
    picture(concept, drawing) {
      const partner = partners.get(concept.id) ?? { concept: random.pick(world.concepts), share: 0.25 + 0.25 * random.next() };
      partners.set(concept.id, partner);
      return blended(world.picture(concept, drawing), world.picture(partner.concept, drawing), partner.share);
    },
  };
}

function blended(one: TrainingMedium, other: TrainingMedium, share: number): TrainingMedium {
  const blend = { stored: other.stored, version: other.version, share };
  if (one.evidence === undefined || other.evidence === undefined) {
    // What the encoder said of one of them is not known here, so its evidence cannot be blended.
    return one.evidence === undefined && other.evidence === undefined ? { ...one, blend } : one;
  }
  const said = other.evidence;
  return { ...one, blend, evidence: one.evidence.map((probability, i) => (1 - share) * probability + share * said[i]!) };
}
