/** What is on a picture, by what a classifier of ImageNet's 1000 classes says: as narrow a name as its probabilities bear. */
import imagenet from "./imagenet.json" with { type: "json" };

export interface ClassName {
  readonly name: string;
  /** Its place among the {@link nodes}. */
  readonly node: number;
  /** Summed probability of the classes that are of this kind. */
  readonly probability: number;
  /** How many classes are: 1 for a class itself. */
  readonly classes: number;
}

/** Nodes of WordNet, the wider ones before the narrower. */
export const nodes: readonly { readonly name: string; readonly kindOf: readonly number[] }[] = imagenet.nodes;

/** The node of each class, in the order of the classifier. */
export const classNodes: readonly number[] = imagenet.classes;

/** How many classes there are. */
export const imagenetClasses = classNodes.length;

/** Summed probability at which a name is said: above a half, so that no two names that exclude each other reach it. */
export const naming = 0.6;

/** Kinds too wide to be an answer. */
export const vague: ReadonlySet<string> = new Set([
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
  "good",
  "consumer goods",
  "durables",
  "transport",
  "cause",
  "agent",
  "relation",
  "communication",
  "article",
  "formation",
  "support",
  "system",
  "control",
  "material",
  "protection",
  "fluid",
  "obstruction",
  "establishment",
  "piece",
  "framework",
  "sustenance",
  "reproductive structure",
  "plant organ",
  "plant part",
  "spermatophyte",
  "angiosperm",
  "anapsid",
  "diapsid",
  "metatherian",
  "prototherian",
  "thing",
]);

/** A node and everything that it is a kind of, nearest first; each once, however many ways lead up to it. */
export function withKinds(node: number): ReadonlySet<number> {
  const above = new Set([node]);
  for (const each of above) for (const kind of nodes[each]!.kindOf) above.add(kind);
  return above;
}

/** Classes by the node of WordNet that they are of a kind of. */
export const classesBelow: readonly (readonly number[])[] = (() => {
  const below = nodes.map((): number[] => []);
  classNodes.forEach((leaf, place) => {
    for (const node of withKinds(leaf)) below[node]!.push(place);
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
  if (probabilities.length !== imagenetClasses) throw new Error(`there are ${imagenetClasses} classes, and ${probabilities.length} probabilities`);
  let best: ClassName | undefined;
  nodes.forEach(({ name }, node) => {
    if (vague.has(name)) return;
    const classes = classesBelow[node]!.length;
    const probability = classesBelow[node]!.reduce((sum, place) => sum + probabilities[place]!, 0);
    // What is lower comes later: of a kind with a single class that is the class.
    const narrower = best === undefined || classes <= best.classes;
    if (probability >= threshold && narrower) best = { name, node, probability, classes };
  });
  return best;
}
