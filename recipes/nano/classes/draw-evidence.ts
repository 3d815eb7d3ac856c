/** What the frozen classifier might have said of pictures that were never there: probabilities with its real confusions. */
import type { Random } from "flamingo-vlm/data";
import { classesBelow, imagenetClasses, nameOf, naming } from "./class-names.ts";

/** Draws that fail are drawn again so often. */
const tries = 6;

export class EvidenceDrawer {
  private readonly alike: Float32Array;

  /** @param alike - of the classes, [classes, classes] */
  constructor(alike: Float32Array) {
    this.alike = alike;
  }

  /** Probabilities that bear the name of a node of WordNet, and no narrower one. */
  named(node: number, random: Random): Float32Array {
    const below = classesBelow[node]!;
    for (let attempt = 0; attempt < tries; attempt++) {
      const strength = random.between(5.5, 13);
      // Of a kind, several of its classes seem about as likely.
      const seen = below.length === 1 ? below : random.sample(below, random.integer(2, 5));
      const drawn = this.draw(
        seen.map((place) => [place, strength * random.between(below.length === 1 ? 1 : 0.8, 1)] as const),
        random,
      );
      if (nameOf(drawn, naming)?.node === node) return drawn;
    }
    return spread(below, random);
  }

  /**
   * Probabilities that bear no name: of a portrait, a pattern, or a thing that is taken for several others. Half of all photographs that the classifier cannot name have a class with 0.28 or more, and as
   * these are drawn half have 0.3.
   */
  unsure(random: Random): Float32Array {
    for (let attempt = 0; attempt < tries; attempt++) {
      const strength = random.between(4, 12);
      const seen = Array.from({ length: random.integer(1, 5) }, () => [random.integer(0, imagenetClasses - 1), strength * random.between(0.75, 1)] as const);
      const drawn = this.draw(seen, random);
      if (nameOf(drawn, naming) === undefined) return drawn;
    }
    return new Float32Array(imagenetClasses).fill(1 / imagenetClasses);
  }

  /** Softmax of scores in which what is alike rises together, with other things in the picture and with noise. */
  private draw(seen: readonly (readonly [place: number, strength: number])[], random: Random): Float32Array {
    const scores = new Float64Array(imagenetClasses);
    const add = (place: number, strength: number): void => {
      for (let i = 0; i < imagenetClasses; i++) scores[i]! += strength * this.alike[place * imagenetClasses + i]!;
    };
    for (const [place, strength] of seen) add(place, strength);
    for (let other = random.integer(0, 5); other > 0; other--) add(random.integer(0, imagenetClasses - 1), random.between(0.5, 5));
    const noise = random.between(0.3, 1.2);
    let largest = -Infinity;
    for (let i = 0; i < imagenetClasses; i++) {
      scores[i]! += noise * (random.next() + random.next() + random.next() - 1.5) * 2;
      largest = Math.max(largest, scores[i]!);
    }
    let total = 0;
    for (let i = 0; i < imagenetClasses; i++) {
      scores[i] = Math.exp(scores[i]! - largest);
      total += scores[i]!;
    }
    return Float32Array.from(scores, (score) => score / total);
  }
}

/** Most of it shared out among some classes, the rest anywhere. */
function spread(classes: readonly number[], random: Random): Float32Array {
  const probabilities = new Float32Array(imagenetClasses);
  const shares = (places: readonly number[], sum: number): void => {
    const weights = places.map(() => 0.3 + random.next());
    const total = weights.reduce((a, b) => a + b, 0);
    places.forEach((place, i) => {
      probabilities[place]! += (sum * weights[i]!) / total;
    });
  };
  shares(random.sample(classes, 6), random.between(0.7, 0.95));
  const left = 1 - probabilities.reduce((a, b) => a + b, 0);
  shares(
    Array.from({ length: 12 }, () => random.integer(0, imagenetClasses - 1)),
    left,
  );
  return probabilities;
}
