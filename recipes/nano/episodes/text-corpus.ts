/** What nano's language model is trained on: prose, definitions, statements about things, and episodes in words that need learning from context. */
import type { InterleavedDocument } from "flamingo-vlm/data";
import { hashFraction, Random } from "flamingo-vlm/data";
import { type Concept, conceptFromNoun, withArticle } from "../things/concept.ts";
import { visibleTopics, type WordNetNoun } from "../things/wordnet.ts";
import { coloured, describedWorld } from "./described-world.ts";
import { wordDocument } from "./episode-documents.ts";
import { drawEpisode, type EpisodeMix, type EpisodeSize, type World } from "./episodes.ts";
import { nonceWord } from "./nonce.ts";
import { wordPairDocument } from "./word-pairs.ts";

export type TextKind = "repetition" | "episode" | "wordPairs" | "definition" | "statement" | "prose";

export interface TextMix {
  /** How often each kind is drawn, relative to the others. */
  readonly kinds: Readonly<Record<TextKind, number>>;
  /** What is asked in episodes. */
  readonly episodes: EpisodeMix;
  /** Largest numbers of chunks in an episode, one of which is drawn for each. */
  readonly chunks: readonly number[];
  /** Largest number of questions in an episode. */
  readonly questions: number;
  /** Largest number of pairs in a list. */
  readonly pairs: number;
}

/** Share of the things that no training episode shows, to measure with. */
const heldOutShare = 0.05;

export class TextCorpus {
  private readonly nouns: readonly WordNetNoun[];
  private readonly names: readonly string[];
  private readonly prose: string;
  private readonly worlds: { readonly train: World<string>; readonly heldOut: World<string> };

  /** @param prose - running text, paragraphs separated by empty lines */
  constructor(nouns: readonly WordNetNoun[], prose: string) {
    this.nouns = nouns;
    this.prose = prose;
    const visible = nouns
      .filter(({ topic, name }) => visibleTopics.has(topic) && /^[a-z]+(?: [a-z]+)?$/.test(name))
      .map(conceptFromNoun)
      .filter(({ words }) => words.length >= 4);
    this.names = visible.filter(({ name }) => !name.includes(" ")).map(({ name }) => name);
    const heldOut = (concept: Concept): boolean => hashFraction(`described thing ${concept.id}`) < heldOutShare;
    const world = (concepts: readonly Concept[]): World<string> => describedWorld(coloured(concepts, new Random("colours of described things")));
    this.worlds = { train: world(visible.filter((concept) => !heldOut(concept))), heldOut: world(visible.filter(heldOut)) };
  }

  /** One-word names of things. */
  get thingNames(): readonly string[] {
    return this.names;
  }

  /** Texts to learn the vocabulary from. */
  *vocabularyTexts(): Generator<string> {
    for (const { name, gloss } of this.nouns) yield `${name}: ${gloss}`;
    yield this.prose.slice(0, 2_000_000);
  }

  document(mix: TextMix, random: Random): InterleavedDocument<undefined> {
    const kinds = Object.entries(mix.kinds) as [TextKind, number][];
    const kind = random.weighted(kinds);
    switch (kind) {
      case "episode":
        return this.episode("train", mix.episodes, { chunks: random.pick(mix.chunks), questions: mix.questions }, random);
      case "wordPairs":
        return wordPairDocument(this.names, mix.pairs, random);
      case "repetition":
        return repetition(this.names, random);
      case "definition":
        return learnt(definition(random.pick(this.nouns)));
      case "statement":
        return learnt(statement(random.pick(this.worlds.train.concepts), this.worlds.train.concepts, random));
      case "prose":
        return learnt(this.passage(random));
    }
  }

  /** An episode in words. */
  episode(part: "train" | "heldOut", mix: EpisodeMix, size: EpisodeSize, random: Random): InterleavedDocument<undefined> {
    return wordDocument(drawEpisode(this.worlds[part], mix, size, random));
  }

  private passage(random: Random): string {
    const length = random.integer(300, 900);
    const start = random.integer(0, Math.max(0, this.prose.length - length));
    const passage = this.prose.slice(start, start + length);
    return passage.slice(passage.indexOf(" ") + 1);
  }
}

function learnt(text: string): InterleavedDocument<undefined> {
  return [{ kind: "text", text, learn: true }];
}

/**
 * Words in an order that nobody can know, then the same again. Every token of the repetition can be copied, so that copying is learnt from few of them; without these
 * documents the harder ones taught it only after thousands of steps.
 */
function repetition(names: readonly string[], random: Random): InterleavedDocument<undefined> {
  const words = Array.from({ length: random.integer(3, 10) }, () => (random.chance(0.5) ? random.pick(names) : nonceWord(random)));
  const separator = random.pick([" ", ", ", "\n", ". "]);
  const text = words.join(separator);
  return [
    { kind: "text", text: text + separator, learn: false },
    { kind: "text", text: words[0]!, learn: false },
    { kind: "text", text: text.slice(words[0]!.length), learn: true },
  ];
}

function definition({ name, gloss }: WordNetNoun): string {
  return `${name}: ${gloss}`;
}

/** What is true of things whatever picture there is. */
function statement(concept: Concept, others: readonly Concept[], random: Random): string {
  const { name, kinds } = concept;
  const kind = kinds[0];
  if (kind === undefined) return `This is ${withArticle(name)}.`;
  const wrong = random.pick(others).kinds[0] ?? "animal";
  const asked = random.chance(0.5) || kinds.includes(wrong) ? kind : wrong;
  return random.pick([
    `${withArticle(name)} is a kind of ${kind}.`,
    `Question: What kind of thing is ${withArticle(name)}? Answer: ${kind}`,
    `Question: Is ${withArticle(name)} a kind of ${asked}? Answer: ${kinds.includes(asked) ? "yes" : "no"}`,
    `${withArticle(name)} (${kind})`,
  ]);
}
