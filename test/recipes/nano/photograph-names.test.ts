import { describe, expect, test } from "vitest";
import { naming } from "../../../recipes/nano/classes/class-names.ts";
import { photographFile, photographSources } from "../../../recipes/nano/drawings/photographs.ts";
import { firstName, sceneLabels, thingLabels, verdictOf } from "../../../recipes/nano/evaluation/photograph-names.ts";
import nouns from "../../../recipes/nano/evaluation/photograph-nouns.json" with { type: "json" };
import unsure from "../../../recipes/nano/evaluation/unsure-photographs.json" with { type: "json" };

const stamp = (path: string): string => photographFile("tuxpaint", path);
const scene = (path: string): string => photographFile("endless-sky", path);

describe.each([
  // The right name, synonyms and all that it is a kind of, as WordNet has them.
  [
    "animals/birds/magellanic_penguin.png",
    "right",
    ["a penguin", "penguin", "PENGUIN", "This is a penguin.", "A seabird.", "a bird", "an animal", "a penguin (bird)"],
  ],
  ["animals/mammals/aquatic/orca.png", "right", ["a killer whale", "an orca", "a dolphin", "a whale", "a mammal"]],
  // By the names that the classifier's classes go by, which WordNet does not have.
  ["animals/mammals/elephant.png", "right", ["an African bush elephant", "an African elephant", "an elephant"]],
  ["food/fruit/grapes.png", "right", ["grapes", "a grape", "a photograph of grapes", "fruit", "food"]],
  ["food/fruit/apple_red.png", "right", ["a red apple", "an apple"]],
  ["vehicles/flight/planes/747.png", "right", ["an airliner", "a plane", "an airplane", "an aircraft", "a vehicle"]],
  // Too wide to be an answer.
  ["animals/birds/magellanic_penguin.png", "wide", ["an object", "a living thing", "a vertebrate", "a fish", "a mammal", "a vehicle"]],
  ["animals/birds/magellanic_penguin.png", "narrow", ["a king penguin", "a dax", "an airliner", "a penguin suit", "pen"]],
  ["animals/mammals/dogs/dog.png", "narrow", ["a cat", "a hot dog", "a Dalmatian"]],
  ["animals/birds/crowned_crane.png", "narrow", ["a construction crane"]],
  ["animals/birds/crow.png", "unsure", ["not sure", "Not sure."]],
  ["animals/birds/crow.png", "silent", ["", " ", "."]],
] as const)("%s: %s", (path, verdict, answers) => {
  test.each(answers)("%j", (answer) => {
    expect(verdictOf(answer, stamp(path))).toBe(verdict);
  });
});

test("of a scene everything is right that it shows, and what that is a kind of", () => {
  expect(verdictOf("a valley", scene("mountain0.jpg"))).toBe("right");
  expect(verdictOf("an alp", scene("mountain0.jpg"))).toBe("right");
  expect(verdictOf("a natural elevation", scene("mountain0.jpg"))).toBe("right");
  expect(verdictOf("a structure", scene("mountain0.jpg"))).toBe("wide");
  expect(verdictOf("a plastic bag", scene("mountain0.jpg"))).toBe("narrow");
});

test("every label is a noun of WordNet with all its kinds, or a word of its own, and lies where the photographs are found", () => {
  const known: Readonly<Record<string, { kindOf: readonly string[] }>> = nouns;
  for (const { kindOf } of Object.values(known)) for (const kind of kindOf) expect(known).toHaveProperty([kind]);
  for (const [file, keys] of [...thingLabels, ...sceneLabels]) {
    expect(photographSources.some(({ id, folder }) => file.startsWith(`${id}/${folder}/`))).toBe(true);
    for (const key of keys) if (/\.\d+$/.test(key)) expect(known).toHaveProperty([key]);
    expect(verdictOf(firstName(file), file)).toBe("right");
  }
});

test("the photographs that the classifier cannot name are among those that have labels, by today's threshold", () => {
  expect(unsure.naming).toBe(naming);
  expect(unsure.photographs.length).toBeGreaterThan(100);
  for (const file of unsure.photographs) expect(thingLabels.has(file) || sceneLabels.has(file)).toBe(true);
});
