import { describe, expect, test } from "vitest";
import { classConcepts, unsureConcepts } from "../../../recipes/nano/classes/class-concepts.ts";
import type { Concept } from "../../../recipes/nano/things/concept.ts";
import { ask, describe as described } from "../../../recipes/small/sentences.ts";
import { Random } from "../../../src/data/random.ts";

const apple: Concept = { id: "apple", name: "apple", kinds: ["fruit", "food"], words: [], colours: ["red"] };
const wolf: Concept = { id: "wolf", name: "wolf", kinds: ["animal", "living thing"], words: [], colours: ["grey"] };
const draws = <Drawn>(draw: (random: Random) => Drawn): Drawn[] => Array.from({ length: 300 }, (_, seed) => draw(new Random("sentences", seed)));

describe("sentences", () => {
  test("describe drawings with their colour, and photographs without one", () => {
    expect(new Set(draws((random) => described(apple, random).answer))).toEqual(
      new Set([" This is a drawing of a red apple.", " This is a drawing of a red apple, a kind of fruit."]),
    );
    const tabby = classConcepts.find(({ name }) => name === "tabby cat")!;
    for (const { answer } of draws((random) => described(tabby, random))) expect(answer).toMatch(/^ This is a photograph of a tabby cat(, a kind of .+)?\.$/);
  });

  test("give the reason of an answer, and only true ones", () => {
    const said = new Map(draws((random) => ask(apple, [wolf, apple], random)).map(({ prompt, answer }) => [prompt, answer]));
    expect(said.get("What is this?")).toBe(" This is an apple, a kind of fruit.");
    expect(said.get("Is this an apple?")).toBe(" Yes, this is an apple.");
    expect(said.get("Is this a wolf?")).toBe(" No, this is an apple.");
    expect(said.get("Is this a kind of food?")).toBe(" Yes, an apple is a kind of food.");
    expect(said.get("Is this a kind of animal?")).toBe(" No, an apple is a kind of fruit.");
    expect(said.get("What colour is it?")).toBe(" It is red.");
    expect(said.get("Can you eat it?")).toBe(" Yes, an apple is food.");
  });

  test("are not sure of what nothing can be said of, whatever is asked", () => {
    for (const { answer } of draws((random) =>
      (random.chance(0.5) ? ask : (concept: Concept) => described(concept, random))(unsureConcepts[0]!, [apple], random),
    ))
      expect(answer).toBe(" I am not sure what this shows.");
  });

  test("never have the form of nano's short answers", () => {
    for (const { prompt } of draws((random) => ask(wolf, [apple], random))) expect(prompt).not.toMatch(/^Question:|^$/);
  });
});
