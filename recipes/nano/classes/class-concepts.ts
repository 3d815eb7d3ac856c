/** What a classifier of ImageNet can tell: its classes, and the kinds that they are of. */
import { type Concept, unsure } from "../things/concept.ts";
import { classesBelow, classNodes, nodes, vague, withKinds } from "./class-names.ts";

export interface ClassConcept extends Concept {
  /** Its place among WordNet's nodes; -1 where nothing can be said. */
  readonly node: number;
}

/** Whether a concept is one that the classifier tells, and no drawing. */
export function isClassConcept(concept: Concept): concept is ClassConcept {
  return "node" in concept;
}

const leaves = new Set(classNodes);

/** Kinds of more classes than these say too little. */
const mostClasses = 299;

function toConcept(node: number): ClassConcept {
  const { name } = nodes[node]!;
  const kinds = new Set([...withKinds(node)].map((each) => nodes[each]!.name).filter((kind) => !vague.has(kind) && kind !== name));
  return { id: `class/${node}`, name, kinds: [...kinds], words: [], colours: [], node };
}

/** The classes themselves, and every kind of at least two that a name can be said of. */
export const classConcepts: readonly ClassConcept[] = nodes.flatMap(({ name }, node) => {
  const classes = classesBelow[node]!.length;
  return !vague.has(name) && (leaves.has(node) || classes > 1) && classes <= mostClasses ? [toConcept(node)] : [];
});

/** Pictures of which nothing can be said; a quarter of all: of real photographs it is a third. */
export const unsureConcepts: readonly ClassConcept[] = Array.from({ length: 320 }, (_, i) => ({
  id: `class/unsure/${i}`,
  name: unsure,
  kinds: [],
  words: [],
  colours: [],
  node: -1,
}));
