/** What is on a picture, by what a classifier of ImageNet's 1000 classes says: as narrow a name as its probabilities bear. */
import imagenet from "./imagenet.json" with { type: "json" };

export interface ClassName {
  readonly name: string;
  /** Summed probability of the classes that are of this kind. */
  readonly probability: number;
  /** How many classes are: 1 for a class itself. */
  readonly classes: number;
}

/** Kinds too wide to be an answer. */
const vague = new Set([
  "entity",
  "object",
  "unit",
  "matter",
  "substance",
  "solid",
  "abstraction",
  "instrumentation",
  "artifact",
  "living thing",
  "being",
  "chordate",
  "vertebrate",
  "placental",
  "carnivore",
  "covering",
  "part",
  "thing",
]);

/** Classes by the node of WordNet that they are of a kind of; each once, however many ways lead up to it. */
const classesBelow: readonly (readonly number[])[] = (() => {
  const below = imagenet.nodes.map((): number[] => []);
  imagenet.classes.forEach((leaf, place) => {
    const above = new Set([leaf]);
    for (const node of above) for (const kind of imagenet.nodes[node]!.kindOf) above.add(kind);
    for (const node of above) below[node]!.push(place);
  });
  return below;
})();

/**
 * The name of the lowest node of WordNet whose summed probability reaches a threshold.
 * @param probabilities - of the 1000 classes
 * @param threshold - above a half, so that no two names that exclude each other reach it
 * @returns undefined where only a name that says nothing would do
 */
export function nameOf(probabilities: ArrayLike<number>, threshold: number): ClassName | undefined {
  if (probabilities.length !== imagenet.classes.length)
    throw new Error(`there are ${imagenet.classes.length} classes, and ${probabilities.length} probabilities`);
  let best: ClassName | undefined;
  imagenet.nodes.forEach(({ name }, node) => {
    if (vague.has(name)) return;
    const classes = classesBelow[node]!.length;
    const probability = classesBelow[node]!.reduce((sum, place) => sum + probabilities[place]!, 0);
    // What is lower comes later: of a kind with a single class that is the class.
    const narrower = best === undefined || classes <= best.classes;
    if (probability >= threshold && narrower) best = { name, probability, classes };
  });
  return best;
}
