/** Open-ended and matching MI with drawings in the place of miniImageNet's photographs: nano's held-out drawings, which its training never showed. */
import { Random } from "flamingo-vlm/data";
import type { FindPicture } from "flamingo-vlm/evaluate";
import type { IndexedPicture, PicturedConcept } from "../nano/drawings/picture-index.ts";
import type { DataSet } from "./data-set.ts";

/** Names that mean nothing. */
const names = ["dax", "perpo", "slation", "shously", "blicket"] as const;
/** Most shots, and one picture that is asked about. */
const picturesOfClass = 9;

/** Things of a class that are drawn often enough, with the pictures that are used. */
type Classes = readonly PicturedConcept[];

/** Names are bound to classes anew in each question: a shot is a picture of each of two. */
export function openEnded(concepts: Classes, find: FindPicture, seed: number, queries = 200): DataSet {
  const usable = concepts.filter(({ pictures }) => pictures.length >= picturesOfClass);
  const used = new PicturesOf(find);
  const query = Array.from({ length: queries }, (_, i) => {
    const random = new Random("open MI", seed, i);
    const shown = new Map(random.sample(usable, names.length).map((concept, way) => [names[way]!, random.sample(concept.pictures, picturesOfClass)]));
    const answer = random.pick(names);
    return {
      image: [used.path(shown.get(answer)!.at(-1)!)],
      question: "This is a",
      answer,
      classes: names,
      support: Object.fromEntries([...shown].map(([name, pictures]) => [name, { images: pictures.slice(0, -1).map((picture) => used.path(picture)) }])),
    };
  });
  return { query, support: [], pictures: used.files };
}

/** Pairs of pictures: of one thing, or of two. A shot is a pair of each kind. */
export function matching(concepts: Classes, find: FindPicture, seed: number, support = 1600, queries = 400): DataSet {
  const usable = concepts.filter(({ pictures }) => pictures.length > 1);
  // Things that are asked about are in no example.
  const shuffled = new Random("matching MI", seed).shuffle(usable);
  const half = Math.floor(shuffled.length / 2);
  const used = new PicturesOf(find);
  const question = "Do the two images satisfy the induced relationship?";
  const pair = (from: Classes, same: boolean, random: Random): unknown => {
    const things = random.sample(from, 2);
    const shown = same ? random.sample(things[0]!.pictures, 2) : things.map(({ pictures }) => random.pick(pictures));
    return { image: shown.map((picture) => used.path(picture)), question, answer: same ? "Yes" : "No" };
  };
  return {
    support: Array.from({ length: support }, (_, i) => {
      const random = new Random("matching MI", seed, "support", i);
      return { same: pair(shuffled.slice(half), true, random), diff: pair(shuffled.slice(half), false, random) };
    }),
    query: Array.from({ length: queries }, (_, i) => pair(shuffled.slice(0, half), i % 2 === 0, new Random("matching MI", seed, "query", i))),
    pictures: used.files,
  };
}

/** Pictures that a data set uses, each once. */
class PicturesOf {
  readonly files = new Map<string, () => Uint8Array>();
  private readonly find: FindPicture;

  constructor(find: FindPicture) {
    this.find = find;
  }

  path({ id }: IndexedPicture): string {
    const path = `drawings/${id}.webp`;
    // The tar of the package gives bytes.
    this.files.set(path, () => this.find(`${id}.webp`) as Uint8Array);
    return path;
  }
}
