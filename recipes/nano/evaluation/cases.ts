/** The questions of the nano suite. Each is a pure function of the seed, so that every model and every baseline answers the same ones. */
import { Random } from "flamingo-vlm/data";
import type { EvaluationCase, MediaFile, ShownExample, SuiteTask } from "flamingo-vlm/evaluate";
import type { IndexedPicture, PicturedConcept } from "../drawings/picture-index.ts";
import { drawingStyle } from "../drawings/styles.ts";
import { colourNames } from "../episodes/described-world.ts";
import { nonceWords } from "../episodes/nonce.ts";
import { asked } from "../episodes/questions.ts";
import { withArticle } from "../things/concept.ts";

export interface CaseOptions {
  readonly cases: number;
  readonly shots: number;
  readonly seed: number;
}

/** Pictures of a concept that may introduce it where this one is asked about. */
export type OtherPictures = (concept: PicturedConcept, asked: IndexedPicture) => readonly IndexedPicture[];

/** New names for things: `ways` things with `shots` pictures each, one question. */
export function bindingCases(
  concepts: readonly PicturedConcept[],
  ways: number,
  { cases, shots, seed }: CaseOptions,
  others: OtherPictures = byOtherArtists,
): EvaluationCase[] {
  const usable = concepts.filter((concept) => concept.pictures.some((picture) => others(concept, picture).length >= shots));
  if (usable.length < ways) throw new Error(`only ${usable.length} things have enough pictures for ${ways}-way ${shots}-shot questions`);
  return Array.from({ length: cases }, (_, i) => {
    const random = new Random("binding", ways, shots, seed, i);
    const things = random.sample(usable, ways);
    const names = nonceWords(random, ways).map((name) => withArticle(name));
    const asked = random.integer(0, ways - 1);
    const query = random.pick(things[asked]!.pictures.filter((picture) => others(things[asked]!, picture).length >= shots));
    const examples = things.flatMap((thing, way) =>
      random
        .sample(way === asked ? others(thing, query) : thing.pictures, shots)
        .map((picture): ShownExample => ({ media: shown(picture), prompt: "", answer: names[way]! })),
    );
    return { shots: random.shuffle(examples), query: { id: i, media: shown(query), prompt: "", answer: names[asked]!, choices: names } };
  });
}

function byOtherArtists({ pictures }: PicturedConcept, asked: IndexedPicture): IndexedPicture[] {
  return pictures.filter(({ style }) => drawingStyle(style).family !== drawingStyle(asked.style).family);
}

/** Real names: `a red apple`. The examples are other things, so they only show the form. */
export function namingCases(concepts: readonly PicturedConcept[], { cases, shots, seed }: CaseOptions): EvaluationCase[] {
  return independentCases("naming", concepts, { cases, shots, seed }, (concept) => ({ prompt: "", answer: withArticle(concept.name) }), undefined);
}

/** `Is this a kind of fruit?`, `Is this an apple?`, each with "yes" half of the time. */
export function yesNoCases(concepts: readonly PicturedConcept[], options: CaseOptions): EvaluationCase[] {
  const withKind = concepts.filter(({ kinds }) => kinds.length > 0);
  const ask = (concept: PicturedConcept, random: Random): Said => {
    const yes = random.chance(0.5);
    if (random.chance(0.5)) {
      const name = yes ? concept.name : random.pick(concepts.filter(({ group }) => group !== concept.group)).name;
      return asked({ question: `Is this ${withArticle(name)}?`, answer: yes ? "yes" : "no" });
    }
    const kind = yes ? concept.kinds[0]! : random.pick(withKind.filter(({ kinds }) => !concept.kinds.includes(kinds[0]!))).kinds[0]!;
    return asked({ question: `Is this a kind of ${kind}?`, answer: yes ? "yes" : "no" });
  };
  return independentCases("yes or no", withKind, options, ask, [" yes", " no"]);
}

/** `What colour is it?` The answer is the colour of most of the drawing that is shown. */
export function colourCases(concepts: readonly PicturedConcept[], options: CaseOptions): EvaluationCase[] {
  const coloured = concepts.filter(({ colours }) => colours.length > 0);
  return independentCases(
    "colour",
    coloured,
    options,
    (_, __, { colours }) => asked({ question: "What colour is it?", answer: colours[0]! }),
    colourNames.map((name) => ` ${name}`),
  );
}

function shown({ id }: IndexedPicture): MediaFile[] {
  return [{ kind: "image", path: id }];
}

type Said = Pick<ShownExample, "prompt" | "answer">;

/** Cases whose examples are other things than what is asked about. */
function independentCases(
  name: string,
  concepts: readonly PicturedConcept[],
  { cases, shots, seed }: CaseOptions,
  say: (concept: PicturedConcept, random: Random, picture: IndexedPicture) => Said,
  choices: readonly string[] | undefined,
): EvaluationCase[] {
  const shownExample = (concept: PicturedConcept, random: Random): ShownExample => {
    const picture = random.pick(concept.pictures);
    return { media: shown(picture), ...say(concept, random, picture) };
  };
  return Array.from({ length: cases }, (_, i) => {
    // One stream for what is asked and one for the examples, so that the same is asked at every number of shots.
    const asking = new Random(name, seed, i);
    const concept = asking.pick(concepts);
    const query = shownExample(concept, asking);
    const random = new Random(name, seed, i, "examples");
    const others = random.sample(
      concepts.filter(({ group }) => group !== concept.group),
      shots,
    );
    return { shots: others.map((each) => shownExample(each, random)), query: { id: i, ...query, ...(choices === undefined ? {} : { choices }) } };
  });
}

/** 2-way and 5-way, at each number of shots. */
export function bindingTasks(name: string, shots: readonly number[], draw: (ways: number, shots: number) => EvaluationCase[]): SuiteTask[] {
  return [2, 5].flatMap((ways) => shots.map((count) => ({ name: `${name}, ${ways}-way`, shots: count, chance: 1 / ways, cases: draw(ways, count) })));
}
