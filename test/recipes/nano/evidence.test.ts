import { describe, expect, test } from "vitest";
import { classConcepts, unsureConcepts } from "../../../recipes/nano/classes/class-concepts.ts";
import { classesBelow, imagenetClasses, nameOf, naming, nodes } from "../../../recipes/nano/classes/class-names.ts";
import { readAlikeness } from "../../../recipes/nano/classes/class-vectors.ts";
import { EvidenceDrawer } from "../../../recipes/nano/classes/draw-evidence.ts";
import { blendedWorld } from "../../../recipes/nano/episodes/blended-world.ts";
import { drawEpisode } from "../../../recipes/nano/episodes/episodes.ts";
import { evidenceWorld } from "../../../recipes/nano/episodes/evidence-world.ts";
import { cropConcepts } from "../../../recipes/nano/photographs/crops.ts";
import { Random } from "../../../src/data/random.ts";

const alike = await readAlikeness("models/nano/vision.safetensors");
const cropPictures = cropConcepts.flatMap(({ pictures }) => pictures.map(({ id }) => id));
const drawer = new EvidenceDrawer(alike);
const leaf = (name: string) => nodes.findIndex((node, place) => node.name === name && classesBelow[place]!.length === 1);
const place = (name: string) => classesBelow[leaf(name)]![0]!;
const likeness = (one: string, other: string) => alike[place(one) * imagenetClasses + place(other)]!;

test("the classifier's own vectors tell what it takes for what", () => {
  expect(alike).toHaveLength(imagenetClasses ** 2);
  expect(likeness("espresso", "espresso")).toBeCloseTo(1, 4);
  expect(likeness("tabby cat", "Egyptian Mau")).toBeGreaterThan(0.3);
  expect(likeness("tabby cat", "espresso")).toBeLessThan(0.1);
  expect(likeness("espresso", "tabby cat")).toBe(likeness("tabby cat", "espresso"));
});

describe("drawn evidence", () => {
  test("is probabilities that bear the name that they were drawn for", () => {
    let right = 0;
    for (const [i, { node }] of classConcepts.entries()) {
      if (i % 7 !== 0) continue;
      const drawn = drawer.named(node, new Random("named", node));
      expect(drawn.reduce((sum, probability) => sum + probability, 0)).toBeCloseTo(1, 3);
      if (nameOf(drawn, naming)?.name === nodes[node]!.name) right++;
    }
    expect(right / Math.ceil(classConcepts.length / 7)).toBeGreaterThan(0.93);
  });

  test("of an unsure picture bears no name", () => {
    for (let seed = 0; seed < 50; seed++) expect(nameOf(drawer.unsure(new Random(seed)), naming)).toBeUndefined();
  });

  test("of an unsure picture is as large as of real ones: half of them have a class with 0.28", () => {
    const largest = Array.from({ length: 200 }, (_, seed) => Math.max(...drawer.unsure(new Random(seed)))).sort((a, b) => a - b);
    expect(largest[100]).toBeGreaterThan(0.2);
    expect(largest[100]).toBeLessThan(0.4);
    expect(largest[180]).toBeGreaterThan(0.45);
  });

  test("is now sharp and now not, as the classifier is", () => {
    const largest = Array.from({ length: 100 }, (_, seed) => Math.max(...drawer.named(leaf("espresso"), new Random(seed)))).sort((a, b) => a - b);
    expect(largest[10]).toBeLessThan(0.8);
    expect(largest[90]).toBeGreaterThan(0.95);
  });
});

describe("the world of photographs that were never there", () => {
  const world = () => evidenceWorld([...classConcepts, ...unsureConcepts], drawer, cropConcepts, cropPictures, 3);

  test("names what the evidence bears, and is not sure where it bears nothing", () => {
    const said = new Map<string, number>();
    for (let seed = 0; seed < 60; seed++) {
      for (const { picture, answer } of drawEpisode(world(), { caption: 1 }, { chunks: 8, questions: 2 }, new Random(seed))) {
        const name = nameOf(picture.evidence!, naming)?.name;
        const right = name === undefined ? answer === "not sure" : answer.toLowerCase().includes(name.toLowerCase());
        said.set(String(right), (said.get(String(right)) ?? 0) + 1);
        expect(cropConcepts.some(({ pictures }) => pictures.some(({ id }) => id === picture.stored))).toBe(true);
      }
    }
    expect(said.get("true")! / (said.get("true")! + (said.get("false") ?? 0))).toBeGreaterThan(0.93);
  });

  test("never asks whether an unsure picture is something", () => {
    for (let seed = 0; seed < 40; seed++)
      for (const { picture } of drawEpisode(world(), { nameQuestion: 1 }, { chunks: 8, questions: 2 }, new Random(seed)))
        expect(nameOf(picture.evidence!, 0.3)).toBeDefined();
  });

  test("blended, every picture of a thing has the same partner, and evidence of both", () => {
    const [cat, cup] = [classConcepts.find(({ node }) => node === leaf("tabby cat"))!, classConcepts.find(({ node }) => node === leaf("espresso"))!];
    const blended = blendedWorld(evidenceWorld([cat, cup], drawer, cropConcepts, cropPictures, 3), new Random(3));
    const first = blended.picture(cat, new Random(1));
    const second = blended.picture(cat, new Random(2));
    expect(first.blend!.share).toBe(second.blend!.share);
    expect(first.blend!.share).toBeGreaterThanOrEqual(0.25);
    expect(first.evidence!.reduce((sum, probability) => sum + probability, 0)).toBeCloseTo(1, 3);
  });
});
