/**
 * Episodes: little documents whose answers follow from their own examples. The same generator writes them with words in the place of pictures (to train the language
 * model before it is frozen) and with pictures (to train what joins it to the vision encoder), so that what was learnt from text can be reused.
 */
import type { Random } from "flamingo-vlm/data";
import { type Concept, isUnsure, withArticle } from "../things/concept.ts";
import { nonceWords } from "./nonce.ts";
import { asked, askQuestion, canBeAsked, type QuestionKind, questionKinds } from "./questions.ts";

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
export interface World<Picture, Known extends Concept = Concept> {
  readonly concepts: readonly Known[];
  /** Another picture of the concept each time, while there are any. */
  picture(concept: Known, random: Random): Picture;
  /** Main colours of one picture, where its own are known. */
  colours?(picture: Picture): readonly string[];
}

/** What a picture's concept is on this very picture: drawings of one thing differ in their colours. */
export function asShown<Picture>(world: World<Picture>, concept: Concept, picture: Picture): Concept {
  return world.colours === undefined ? concept : { ...concept, colours: world.colours(picture) };
}

export type EpisodeKind = "binding" | "classBinding" | "caption" | QuestionKind;

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

/** Ways to say a name, most often the plain one, which is also said where no example shows another. One is drawn per episode, so that its form too must be read from the examples. */
const namings: readonly ((name: string) => string)[] = [
  ...Array.from({ length: 6 }, () => (name: string) => withArticle(name)),
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
  const known = named(world.concepts);
  const names = known.length < ways || random.chance(0.85) ? nonceWords(random, ways) : random.sample(known, ways).map(({ name }) => name.split(" ").at(-1)!);
  const bindings = random.sample(world.concepts, ways).map((concept, i) => ({ concept, name: names[i]! }));
  const examples = random.shuffle(Array.from({ length: shots }, () => bindings).flat());
  const asked = Array.from({ length: questions }, () => random.pick(bindings));
  return bound(world, [...examples, ...asked], naming, random);
}

/** New names for classes: the examples of one name are different things of one kind, and so is what is asked. */
function classBindingEpisode<Picture>(world: World<Picture>, size: EpisodeSize, random: Random): EpisodeChunk<Picture>[] {
  const { ways, shots, questions } = drawSizes(size, world.concepts.length, random);
  const classes = differentClasses(world.concepts, ways, shots + 1, random);
  if (classes.length < 2) return bindingEpisode(world, size, random);
  const naming = random.pick(namings);
  const names = nonceWords(random, classes.length);
  const groups = classes.map((members, i) => ({ members: random.sample(members, shots + questions), name: names[i]! }));
  const examples = groups.flatMap(({ members, name }) => members.slice(0, shots).map((concept) => ({ concept, name })));
  const asked = Array.from({ length: questions }, (_, i) => {
    const { members, name } = random.pick(groups);
    return { concept: members[Math.min(shots + i, members.length - 1)]!, name };
  });
  return bound(world, [...random.shuffle(examples), ...asked], naming, random);
}

/** Remembers what follows from a world's concepts, which are many and never change. */
function remembered<Value>(make: (concepts: readonly Concept[]) => Value): (concepts: readonly Concept[]) => Value {
  const known = new WeakMap<readonly Concept[], Value>();
  return (concepts) => {
    const value = known.get(concepts) ?? make(concepts);
    known.set(concepts, value);
    return value;
  };
}

/** Concepts by each of their kinds, near and far. */
const classesOf = remembered((concepts) => {
  const members = Map.groupBy(
    concepts.flatMap((concept) => concept.kinds.map((kind) => ({ kind, concept }))),
    ({ kind }) => kind,
  );
  return [...members.values()].map((each) => [...new Set(each.map(({ concept }) => concept))]);
});

/** Classes without a common member, of so many members at least. */
function differentClasses(concepts: readonly Concept[], count: number, least: number, random: Random): (readonly Concept[])[] {
  const chosen: (readonly Concept[])[] = [];
  const taken = new Set<Concept>();
  const large = classesOf(concepts).filter((members) => members.length >= least);
  for (const members of random.sample(large, 4 * count)) {
    if (chosen.length === count) break;
    if (members.some((concept) => taken.has(concept))) continue;
    chosen.push(members);
    for (const concept of members) taken.add(concept);
  }
  return chosen;
}

/** Concepts that have a name; what has none can only be given a new one. */
const named = remembered((concepts) => concepts.filter(({ name }) => name !== ""));

const askable: ReadonlyMap<QuestionKind, (concepts: readonly Concept[]) => readonly Concept[]> = new Map(
  questionKinds.map((kind) => [kind, remembered((concepts) => concepts.filter((concept) => canBeAsked(kind, concept)))]),
);

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
  const withKind = random.chance(0.08);
  const describe = (concept: Concept): string => {
    const { name, kinds } = concept;
    if (isUnsure(concept)) return name;
    return withKind && kinds[0] !== undefined ? `${naming(name)} (${kinds[0]})` : naming(name);
  };
  return random.sample(named(world.concepts), random.integer(1, Math.min(8, maxChunks))).map((concept) => ({
    picture: world.picture(concept, random),
    prompt: "",
    answer: describe(concept),
    derivable: true,
  }));
}

/** Questions of one kind, with answers that the picture gives. */
function questionEpisode<Picture>(world: World<Picture>, kind: QuestionKind, maxChunks: number, random: Random): EpisodeChunk<Picture>[] {
  const fitting = askable.get(kind)!(world.concepts);
  if (fitting.length < 2) return captionEpisode(world, maxChunks, random);
  return random.sample(fitting, random.integer(1, Math.min(8, maxChunks))).map((concept) => {
    const picture = world.picture(concept, random);
    const shown = asShown(world, concept, picture);
    const question = askQuestion(canBeAsked(kind, shown) ? kind : "whatQuestion", shown, fitting, random);
    return { picture, ...asked(question), derivable: true };
  });
}
