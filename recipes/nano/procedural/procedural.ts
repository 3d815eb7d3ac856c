/** Classes of pictures that nobody has to draw: each a rule with its own numbers, of which there are as many pictures as are asked for. They cost no licence, and differ in what photographs differ in. */
import { type Picture, Random } from "flamingo-vlm/data";
import { namelessConcept, type PicturedConcept } from "../drawings/picture-index.ts";
import { deadLeaves } from "./dead-leaves.ts";
import { fractal } from "./fractals.ts";
import { landscape } from "./landscapes.ts";
import { solid } from "./solids.ts";

const rules = { solid, landscape, leaves: deadLeaves, fractal } as const;
type Rule = keyof typeof rules;

const classesOfRule: Readonly<Record<Rule, number>> = { solid: 200, landscape: 100, leaves: 100, fractal: 60 };
const picturesOfClass = 6;

/** Raised whenever pictures of the same name come out differently. */
export const proceduralRecipe = 1;

export const proceduralConcepts: readonly PicturedConcept[] = (Object.keys(rules) as Rule[]).flatMap((rule) =>
  Array.from({ length: classesOfRule[rule] }, (_, number) => namelessConcept(`procedural/${rule}/${number}`, "procedural", picturesOfClass)),
);

/** @param id - of a picture: `procedural/solid/17/3` @param version - another picture of the class */
export function renderProcedural(id: string, version: number, size: number): Picture {
  const [, rule, number] = id.split("/") as [string, Rule, string];
  return rules[rule](new Random("procedural class", rule, Number(number)), new Random("procedural picture", id, version), size);
}
