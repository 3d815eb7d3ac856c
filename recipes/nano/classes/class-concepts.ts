/** What a classifier of ImageNet can tell: its classes, and the kinds that they are of. */
import { type Concept, unsure } from "../things/concept.ts";
import { classesBelow, nodes, vague } from "./class-names.ts";

export interface ClassConcept extends Concept {
  /** Its place among WordNet's nodes. */
  readonly node: number;
}

const kindsOf = (node: number): string[] => {
  const above = new Set(nodes[node]!.kindOf);
  for (const each of above) for (const kind of nodes[each]!.kindOf) above.add(kind);
  return [...new Set([...above].map((each) => nodes[each]!.name))].filter((name) => !vague.has(name) && name !== nodes[node]!.name);
};

const toConcept = (node: number): ClassConcept => ({ id: `class/${node}`, name: nodes[node]!.name, kinds: kindsOf(node), words: [], colours: [], node });

/** The classes themselves, and every kind of at least two that a name can be said of. */
export const classConcepts: readonly ClassConcept[] = nodes
  .map((_, node) => node)
  .filter((node) => {
    const classes = classesBelow[node]!;
    const leaf = classes.length === 1 && !nodes.some(({ kindOf }) => kindOf.includes(node));
    return !vague.has(nodes[node]!.name) && (leaf || (classes.length > 1 && classes.length < 300));
  })
  .map(toConcept);

/** Pictures of which nothing can be said; many, so that they come often enough. */
export const unsureConcepts: readonly ClassConcept[] = Array.from({ length: 120 }, (_, i) => ({
  id: `class/unsure/${i}`,
  name: unsure,
  kinds: [],
  words: [],
  colours: [],
  node: -1,
}));

export function isUnsure({ node }: ClassConcept): boolean {
  return node < 0;
}
