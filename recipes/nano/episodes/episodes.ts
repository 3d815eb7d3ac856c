/**
 * Episodes: little documents whose answers follow from their own examples. The same generator writes them with words in the place of pictures (to train the language
 * model before it is frozen) and with pictures (to train what joins it to the vision encoder), so that what was learnt from text can be reused.
 */
import type { Random } from "flamingo-vlm/data";
import { type Concept, withArticle } from "../things/concept.ts";
import { nonceWords } from "./nonce.ts";

/** One example or question. */
export interface EpisodeChunk<Picture> {
  readonly picture: Picture;
  /** What is said about the picture before the answer; empty in captions. */
  readonly prompt: string;
  readonly answer: string;
  /** Whether the answer follows from what came before (and from the picture), so that it can be asked for. */
  readonly derivable: boolean;
}

/** What there is to show. */
export interface World<Picture> {
  readonly concepts: readonly Concept[];
  /** Another picture of the concept each time, while there are any. */
  picture(concept: Concept, random: Random): Picture;
}

export type EpisodeKind = "binding" | "classBinding" | "caption" | "kindQuestion" | "nameQuestion" | "colourQuestion";

/** How often each kind is drawn, relative to the others. */
export type EpisodeMix = Readonly<Partial<Record<EpisodeKind, number>>>;

/** The largest numbers of pictures, and of those whose new names are to be told from earlier ones. */
export interface EpisodeSize {
  readonly chunks: number;
  readonly questions: number;
}

/** Draws one episode. */
export function drawEpisode<Picture>(world: World<Picture>, mix: EpisodeMix, size: EpisodeSize, random: Random): readonly EpisodeChunk<Picture>[] {
  const kind = random.weighted(Object.entries(mix) as [EpisodeKind, number][]);
  switch (kind) {
    case "binding":
      return bindingEpisode(world, size, random);
    case "classBinding":
      return classBindingEpisode(world, size, random);
    case "caption":
      return captionEpisode(world, size.chunks, random);
    default:
      return questionEpisode(world, kind, size.chunks, random);
  }
}

/** Ways to say a name. One is drawn per episode, so that its form too must be read from the examples. */
const namings: readonly ((name: string) => string)[] = [
  (name) => withArticle(name),
  (name) => withArticle(name),
  (name) => name,
  (name) => `This is ${withArticle(name)}.`,
  (name) => `the ${name}`,
  (name) => name.toUpperCase(),
  (name) => `${withArticle(name)[0]!.toUpperCase()}${withArticle(name).slice(1)}.`,
];

/** Sizes of an N-way k-shot episode with questions that fits. */
function drawSizes(largest: EpisodeSize, concepts: number, random: Random): { ways: number; shots: number; questions: number } {
  const ways = Math.min(random.pick([2, 2, 3, 4, 5, 5, 6, 8]), concepts, largest.chunks - 1);
  const shots = Math.max(1, Math.min(random.pick([1, 1, 2, 3, 4]), Math.floor((largest.chunks - 1) / ways)));
  return { ways, shots, questions: Math.min(random.integer(2, largest.questions), largest.chunks - ways * shots) };
}

/** New names for things: the names are drawn again for every episode, so only the examples can tell. */
function bindingEpisode<Picture>(world: World<Picture>, size: EpisodeSize, random: Random): EpisodeChunk<Picture>[] {
  const { ways, shots, questions } = drawSizes(size, world.concepts.length, random);
  const naming = random.pick(namings);
  const names = random.chance(0.85) ? nonceWords(random, ways) : random.sample(world.concepts, ways).map(({ name }) => name.split(" ").at(-1)!);
  const bindings = random.sample(world.concepts, ways).map((concept, i) => ({ concept, name: names[i]! }));
  const examples = random.shuffle(Array.from({ length: shots }, () => bindings).flat());
  const asked = Array.from({ length: questions }, () => random.pick(bindings));
  return bound(world, [...examples, ...asked], naming, random);
}

/** New names for classes: the examples of one name are different things of one kind, and so is what is asked. */
function classBindingEpisode<Picture>(world: World<Picture>, size: EpisodeSize, random: Random): EpisodeChunk<Picture>[] {
  const { ways, shots, questions } = drawSizes(size, world.concepts.length, random);
  const classes = classesOf(world.concepts).filter((members) => members.length > shots);
  if (classes.length < 2) return bindingEpisode(world, size, random);
  const naming = random.pick(namings);
  const names = nonceWords(random, ways);
  const groups = random.sample(classes, ways).map((members, i) => ({ members: random.sample(members, shots + questions), name: names[i]! }));
  const examples = groups.flatMap(({ members, name }) => members.slice(0, shots).map((concept) => ({ concept, name })));
  const asked = Array.from({ length: questions }, (_, i) => {
    const { members, name } = random.pick(groups);
    return { concept: members[Math.min(shots + i, members.length - 1)]!, name };
  });
  return bound(world, [...random.shuffle(examples), ...asked], naming, random);
}

const knownClasses = new WeakMap<readonly Concept[], readonly (readonly Concept[])[]>();

/** Concepts by their nearest kind. Remembered, since a world's concepts are many and never change. */
function classesOf(concepts: readonly Concept[]): readonly (readonly Concept[])[] {
  let classes = knownClasses.get(concepts);
  if (classes === undefined) {
    const withKind = concepts.filter(({ kinds }) => kinds.length > 0);
    classes = [...Map.groupBy(withKind, ({ kinds }) => kinds[0]!).values()];
    knownClasses.set(concepts, classes);
  }
  return classes;
}

function bound<Picture>(
  world: World<Picture>,
  pairs: readonly { concept: Concept; name: string }[],
  naming: (name: string) => string,
  random: Random,
): EpisodeChunk<Picture>[] {
  const introduced = new Set<string>();
  return pairs.map(({ concept, name }) => {
    const derivable = introduced.has(name);
    introduced.add(name);
    return { picture: world.picture(concept, random), prompt: "", answer: naming(name), derivable };
  });
}

/** Real names in one form: the form follows from the examples, the name from the picture. */
function captionEpisode<Picture>(world: World<Picture>, maxChunks: number, random: Random): EpisodeChunk<Picture>[] {
  const naming = random.pick(namings);
  const withKind = random.chance(0.15);
  const describe = ({ name, kinds }: Concept): string => (withKind && kinds[0] !== undefined ? `${naming(name)} (${kinds[0]})` : naming(name));
  return random.sample(world.concepts, random.integer(1, Math.min(8, maxChunks))).map((concept) => ({
    picture: world.picture(concept, random),
    prompt: "",
    answer: describe(concept),
    derivable: true,
  }));
}

type QuestionKind = "kindQuestion" | "nameQuestion" | "colourQuestion";

/** Questions with answers that the picture gives. */
function questionEpisode<Picture>(world: World<Picture>, kind: QuestionKind, maxChunks: number, random: Random): EpisodeChunk<Picture>[] {
  const fitting = world.concepts.filter((concept) =>
    kind === "colourQuestion" ? concept.colours.length > 0 : kind === "kindQuestion" ? concept.kinds.length > 0 : true,
  );
  if (fitting.length < 2) return captionEpisode(world, maxChunks, random);
  return random.sample(fitting, random.integer(1, Math.min(8, maxChunks))).map((concept) => {
    const { question, answer } = ask(kind, concept, fitting, random);
    return { picture: world.picture(concept, random), prompt: `Question: ${question} Answer:`, answer: ` ${answer}`, derivable: true };
  });
}

function ask(kind: QuestionKind, concept: Concept, others: readonly Concept[], random: Random): { question: string; answer: string } {
  const yes = random.chance(0.5);
  if (kind === "nameQuestion") {
    const other = random.pick(others);
    const name = yes ? concept.name : other.name;
    return { question: `Is this ${withArticle(name)}?`, answer: name === concept.name ? "yes" : "no" };
  }
  if (kind === "colourQuestion") {
    if (random.chance(0.5)) return { question: "What colour is it?", answer: concept.colours[0]! };
    const colour = yes ? random.pick(concept.colours) : random.pick(others).colours[0]!;
    return { question: `Is it ${colour}?`, answer: concept.colours.includes(colour) ? "yes" : "no" };
  }
  if (random.chance(0.5)) return { question: "What kind of thing is this?", answer: concept.kinds[0]! };
  const kindAsked = yes ? random.pick(concept.kinds.slice(0, 2)) : random.pick(others).kinds[0]!;
  return { question: `Is this a kind of ${kindAsked}?`, answer: concept.kinds.includes(kindAsked) ? "yes" : "no" };
}
