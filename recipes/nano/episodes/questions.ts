/** Questions that people ask about a picture of one thing, with the answers that follow from what the thing is. */
import type { Random } from "flamingo-vlm/data";
import { type Concept, isUnsure, withArticle } from "../things/concept.ts";
import { isFood, isLiving } from "../things/properties.ts";

export const questionKinds = ["whatQuestion", "kindQuestion", "nameQuestion", "colourQuestion", "livingQuestion", "foodQuestion"] as const;
export type QuestionKind = (typeof questionKinds)[number];

export interface Question {
  readonly question: string;
  readonly answer: string;
}

/** How a question and its answer are written. */
export function asked({ question, answer }: Question): { prompt: string; answer: string } {
  return { prompt: `Question: ${question} Answer:`, answer: ` ${answer}` };
}

/** Whether something is written as {@link asked} does it. */
export function isAsked({ prompt }: { readonly prompt: string }): boolean {
  return /^Question: .+ Answer:$/s.test(prompt);
}

/** What {@link asked} wrote. */
export function saidOf({ prompt, answer }: { readonly prompt: string; readonly answer: string }): Question {
  return { question: prompt.slice("Question: ".length, -" Answer:".length), answer: answer.trim() };
}

/** Whether there is something true to answer. */
export function canBeAsked(kind: QuestionKind, concept: Concept): boolean {
  switch (kind) {
    case "colourQuestion":
      return concept.colours.length > 0;
    case "kindQuestion":
      return concept.kinds.length > 0;
    case "livingQuestion":
      return isLiving(concept) !== undefined;
    case "foodQuestion":
      return isFood(concept) !== undefined;
    case "nameQuestion":
      return concept.name !== "" && !isUnsure(concept);
    default:
      return concept.name !== "";
  }
}

/** @param others - what wrong names, kinds and colours are taken from; each can be asked this kind of question */
export function askQuestion(kind: QuestionKind, concept: Concept, others: readonly Concept[], random: Random): Question {
  const yes = random.chance(0.5);
  switch (kind) {
    case "whatQuestion":
      return { question: random.pick(["What is this?", "What is it?"]), answer: withArticle(concept.name) };
    case "nameQuestion": {
      const name = yes ? concept.name : another(concept, others, random).name;
      return { question: `Is this ${withArticle(name)}?`, answer: said(goesBy(concept, name)) };
    }
    case "kindQuestion": {
      if (random.chance(0.4)) return { question: "What kind of thing is this?", answer: concept.kinds[0]! };
      const other = yes ? random.pick(concept.kinds.slice(0, 3)) : another(concept, others, random).kinds[0]!;
      return { question: `Is this a kind of ${other}?`, answer: said(concept.kinds.includes(other)) };
    }
    case "colourQuestion": {
      if (random.chance(0.6)) return { question: "What colour is it?", answer: concept.colours[0]! };
      const colour = yes ? random.pick(concept.colours) : random.pick(others).colours[0]!;
      return { question: `Is it ${colour}?`, answer: said(concept.colours.includes(colour)) };
    }
    case "livingQuestion":
      return { question: random.pick(["Is it alive?", "Is this a living thing?"]), answer: said(isLiving(concept)!) };
    case "foodQuestion":
      return { question: random.pick(["Can you eat it?", "Is this food?"]), answer: said(isFood(concept)!) };
  }
}

/** Something else, one time in three of the same kind: a cat is asked about where there is a dog. */
function another(concept: Concept, others: readonly Concept[], random: Random): Concept {
  const near = random.chance(0.35)
    ? random.sample(others, 16).find(({ name, kinds }) => name !== concept.name && kinds.some((kind) => concept.kinds.includes(kind)))
    : undefined;
  return near ?? random.pick(others);
}

/** Whether a name is right: the thing's own, that of its kind, or the last words of its own (a guide dog is a dog). */
export function goesBy({ name, kinds }: Concept, asked: string): boolean {
  return name === asked || kinds.includes(asked) || name.endsWith(` ${asked}`);
}

function said(right: boolean): string {
  return right ? "yes" : "no";
}
