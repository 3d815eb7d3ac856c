import { describe, expect, test } from "vitest";
import type { PicturedConcept } from "../../../recipes/nano/drawings/picture-index.ts";
import { drawingStyle } from "../../../recipes/nano/drawings/styles.ts";
import { coloured, colourNames, describedWorld } from "../../../recipes/nano/episodes/described-world.ts";
import { pictureDocument, wordDocument } from "../../../recipes/nano/episodes/episode-documents.ts";
import { drawEpisode, type EpisodeChunk, type EpisodeKind } from "../../../recipes/nano/episodes/episodes.ts";
import { nonceWords } from "../../../recipes/nano/episodes/nonce.ts";
import { picturedWorld } from "../../../recipes/nano/episodes/pictured-world.ts";
import { drawWordPairList, inSplit, wordPairDocument } from "../../../recipes/nano/episodes/word-pairs.ts";
import type { Concept } from "../../../recipes/nano/things/concept.ts";
import { withArticle } from "../../../recipes/nano/things/concept.ts";
import { Random } from "../../../src/data/random.ts";

const concepts: readonly Concept[] = coloured(
  Array.from(
    { length: 40 },
    (_, i): Concept => ({
      id: `thing ${i}`,
      name: `thing${i}`,
      kinds: [`kind${i % 5}`],
      words: ["first", "second", "third", "fourth"].map((word) => `${word}${i}`),
      colours: [],
    }),
  ),
  new Random("test"),
);

/** A world whose pictures are the things themselves, so that answers can be checked against what is shown. */
const plainWorld = { concepts, picture: (concept: Concept) => concept };

function episodes(kind: EpisodeKind, count = 200): (readonly EpisodeChunk<Concept>[])[] {
  return Array.from({ length: count }, (_, i) => drawEpisode(plainWorld, { [kind]: 1 }, { chunks: 16, questions: 4 }, new Random(kind, i)));
}

describe("episodes", () => {
  test("bind each name to one thing, and ask only for names that were introduced", () => {
    for (const episode of episodes("binding")) {
      const bound = new Map<string, string>();
      for (const { picture, answer, derivable } of episode) {
        expect(derivable).toBe(bound.has(answer));
        if (derivable) expect(bound.get(answer)).toBe(picture.id);
        bound.set(answer, picture.id);
      }
      expect(new Set(bound.values()).size).toBe(bound.size);
      expect(bound.size).toBeGreaterThanOrEqual(2);
      expect(episode.some(({ derivable }) => derivable)).toBe(true);
      expect(episode.length).toBeLessThanOrEqual(16);
    }
  });

  test("bind names to classes, shown by different things", () => {
    for (const episode of episodes("classBinding")) {
      const kinds = new Map<string, string>();
      for (const { picture, answer } of episode) {
        expect(kinds.get(answer) ?? picture.kinds[0]).toBe(picture.kinds[0]);
        kinds.set(answer, picture.kinds[0]!);
      }
    }
  });

  test("answer questions by what is shown", () => {
    const answers: Record<string, number> = {};
    for (const kind of ["kindQuestion", "nameQuestion", "colourQuestion"] as const) {
      for (const { picture, prompt, answer } of episodes(kind).flat()) {
        answers[answer.trim()] = (answers[answer.trim()] ?? 0) + 1;
        const asked = /Is (?:this a kind of|this|it) (.*)\? Answer:$/.exec(prompt)?.[1];
        if (asked !== undefined) {
          const right = picture.kinds.includes(asked) || picture.colours.includes(asked) || withArticle(picture.name) === asked;
          expect(answer, prompt).toBe(right ? " yes" : " no");
        } else {
          expect([...picture.kinds, ...picture.colours]).toContain(answer.trim());
        }
      }
    }
    // Neither answer may be worth guessing.
    expect(answers["yes"]! / (answers["yes"]! + answers["no"]!)).toBeGreaterThan(0.4);
    expect(answers["yes"]! / (answers["yes"]! + answers["no"]!)).toBeLessThan(0.65);
  });

  test("say captions in one form per episode", () => {
    for (const episode of episodes("caption")) {
      const forms = new Set(episode.map(({ picture, answer }) => answer.toLowerCase().replace(picture.name, "·").replace(picture.kinds[0]!, "·")));
      expect(forms.size).toBe(1);
    }
  });

  test("are written with the words before the marker, or with a picture in their place", () => {
    const random = new Random("document");
    const episode = drawEpisode(describedWorld(concepts), { colourQuestion: 1 }, { chunks: 3, questions: 2 }, random);
    const [first] = episode;
    expect(wordDocument([first!])).toEqual([
      { kind: "text", text: first!.picture, learn: false },
      { kind: "media", medium: undefined },
      { kind: "text", text: first!.prompt, learn: false },
      { kind: "text", text: first!.answer, learn: true },
      { kind: "endOfChunk", learn: true },
    ]);
    expect(pictureDocument([first!]).slice(1)).toEqual(wordDocument([first!]).slice(2));
    expect(colourNames).toContain(concepts[0]!.colours[0]);
  });
});

test("the colour that is asked for is that of the drawing, not of most drawings of the thing", () => {
  const drawings = [
    { id: "noto/red", style: "noto", colours: ["red", "black"] },
    { id: "twemoji/green", style: "twemoji", colours: ["green"] },
  ];
  const things = ["apple", "book"].map((name) => ({
    ...concepts[0]!,
    id: name,
    name,
    colours: ["red"],
    group: name,
    domain: "thing",
    part: "train",
    pictures: drawings,
  }));
  const world = picturedWorld(things as PicturedConcept[]);
  let asked = 0;
  for (let seed = 0; seed < 60; seed++) {
    for (const { picture, prompt, answer } of drawEpisode(world, { colourQuestion: 1 }, { chunks: 4, questions: 2 }, new Random("colours", seed))) {
      const colour = /Is it (.*)\?/.exec(prompt)?.[1];
      expect(answer, prompt).toBe(` ${colour === undefined ? picture.colours[0]! : picture.colours.includes(colour) ? "yes" : "no"}`);
      asked++;
    }
  }
  expect(asked).toBeGreaterThan(100);
});

test("a thing that is shown again is drawn by others", () => {
  const styles = ["noto", "noto-v1", "twemoji", "fluent-emoji", "fluent-emoji-flat"];
  const concept = {
    ...concepts[0]!,
    group: "",
    domain: "thing",
    part: "train",
    pictures: styles.map((style) => ({ id: `${style}/x`, style, colours: [] })),
  } as PicturedConcept;
  for (let seed = 0; seed < 50; seed++) {
    const random = new Random("families", seed);
    const world = picturedWorld([concept]);
    const families = Array.from({ length: 6 }, () => drawingStyle(world.picture(concept, random).style).family);
    expect(new Set(families.slice(0, 3)).size).toBe(3);
    expect(new Set(families.slice(3)).size).toBe(3);
  }
});

describe("lists of pairs", () => {
  const nouns = Array.from({ length: 400 }, (_, i) => `noun${i}`);

  test("for training never show a held-out word, those for measuring show nothing else", () => {
    for (let seed = 0; seed < 100; seed++) {
      const text = wordPairDocument(nouns, 8, new Random("train", seed))
        .map((piece) => (piece.kind === "text" ? piece.text : ""))
        .join("");
      for (const noun of text.match(/noun\d+/g)!) expect(inSplit(noun, "train")).toBe(true);
      const { prompt, answer, choices } = drawWordPairList(nouns, "held-out", 3, new Random("measure", seed));
      for (const noun of prompt.match(/noun\d+/g)!) expect(inSplit(noun, "held-out")).toBe(true);
      for (const choice of choices) expect(inSplit(choice.trim(), "held-out")).toBe(true);
      const asked = /(\w+):$/.exec(prompt)![1]!;
      expect(prompt).toContain(`${asked}:${answer},`);
    }
    expect(nouns.filter((noun) => inSplit(noun, "held-out")).length / nouns.length).toBeCloseTo(0.2, 1);
  });
});

test("made-up words differ, and the same seed makes the same", () => {
  expect(new Set(nonceWords(new Random(1), 300)).size).toBe(300);
  expect(nonceWords(new Random(1), 5)).toEqual(nonceWords(new Random(1), 5));
  expect(nonceWords(new Random(1), 5)).not.toEqual(nonceWords(new Random(2), 5));
});
