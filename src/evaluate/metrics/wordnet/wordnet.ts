import { endingRules, type PartOfSpeech, partsOfSpeech } from "./endings.ts";

/** A meaning of words. */
export interface Synset {
  /** As NLTK writes it: `dog.n.01`. */
  readonly name: string;
  readonly part: PartOfSpeech;
  /** The next wider ones. */
  readonly hypernyms: readonly Synset[];
}

/** Reads one file of a WordNet database's folder `dict`: `index.noun`, `data.verb`, `adj.exc`. */
export type ReadWordNetFile = (name: string) => Promise<string>;

interface SynsetLine {
  readonly word: string;
  /** Keys of wider ones. */
  readonly wider: readonly string[];
}

/** The WordNet database: which words there are, what they mean, and what is wider than what. Ours to read, not ours to bring: whoever calls has the files. */
export class WordNet {
  /** Offsets of a word's synsets, the most frequent first, by part of speech. */
  private readonly senses: ReadonlyMap<PartOfSpeech, ReadonlyMap<string, readonly string[]>>;
  private readonly exceptions: ReadonlyMap<PartOfSpeech, ReadonlyMap<string, readonly string[]>>;
  private readonly lines: ReadonlyMap<string, SynsetLine>;
  private readonly made = new Map<string, Synset>();

  private constructor(senses: WordNet["senses"], exceptions: WordNet["exceptions"], lines: WordNet["lines"]) {
    this.senses = senses;
    this.exceptions = exceptions;
    this.lines = lines;
  }

  /** @throws when a file is not of that format; what `read` throws */
  static async open(read: ReadWordNetFile): Promise<WordNet> {
    const senses = new Map<PartOfSpeech, ReadonlyMap<string, readonly string[]>>();
    const exceptions = new Map<PartOfSpeech, ReadonlyMap<string, readonly string[]>>();
    const lines = new Map<string, SynsetLine>();
    for (const part of partsOfSpeech) {
      const [index, data, irregular] = await Promise.all([read(`index.${part}`), read(`data.${part}`), read(`${part}.exc`)]);
      senses.set(part, new Map(entries(index).map(readIndexLine)));
      exceptions.set(part, new Map(entries(irregular).map((line) => readException(line.trim().split(/\s+/)))));
      for (const line of entries(data)) lines.set(`${part} ${line.slice(0, 8)}`, readDataLine(line));
    }
    return new WordNet(senses, exceptions, lines);
  }

  /** Forms of a word that WordNet lists: the word itself if it does, then what is left without its ending. */
  lemmas(word: string, part: PartOfSpeech): string[] {
    const known = this.senses.get(part)!;
    const irregular = this.exceptions.get(part)!.get(word);
    const regular = endingRules[part].flatMap(([ending, instead]) => (word.endsWith(ending) ? [word.slice(0, word.length - ending.length) + instead] : []));
    return [...new Set([word, ...(irregular ?? regular)])].filter((form) => known.has(form));
  }

  /** The most frequent meaning of a word; of several parts of speech nouns come first, then verbs, adjectives, adverbs. */
  firstSynset(word: string): Synset | undefined {
    for (const part of partsOfSpeech) {
      const [lemma] = this.lemmas(word.toLowerCase(), part);
      if (lemma !== undefined) return this.synset(`${part} ${this.senses.get(part)!.get(lemma)![0]!}`);
    }
    return undefined;
  }

  private synset(key: string): Synset {
    const known = this.made.get(key);
    if (known !== undefined) return known;
    const line = this.lines.get(key);
    if (line === undefined) throw new Error(`WordNet's data has no entry ${key}: its files are of different versions, or damaged`);
    const [part, offset] = key.split(" ") as [PartOfSpeech, string];
    const sense = this.senses.get(part)!.get(line.word)?.indexOf(offset) ?? -1;
    const name = `${line.word}.${part[0]}.${String(sense + 1).padStart(2, "0")}`;
    const synset = { name, part, hypernyms: line.wider.map((wider) => this.synset(wider)) };
    this.made.set(key, synset);
    return synset;
  }
}

/** Lines that are no part of the licence, which is indented. */
function entries(text: string): string[] {
  return text.split("\n").filter((line) => line !== "" && !line.startsWith(" "));
}

function readIndexLine(line: string): [string, readonly string[]] {
  const fields = line.trim().split(" ");
  const count = Number(fields[2]);
  // Offsets follow the symbols of pointers and two counts.
  const offsets = fields.slice(6 + Number(fields[3]));
  if (!(count > 0) || offsets.length !== count) throw new Error(`not a line of WordNet's index: "${line.slice(0, 60)}"`);
  return [fields[0]!, offsets];
}

function readException([form, ...lemmas]: string[]): [string, readonly string[]] {
  return [form!, lemmas];
}

const partLetters: Readonly<Record<string, PartOfSpeech>> = { n: "noun", v: "verb", a: "adj", s: "adj", r: "adv" };

function readDataLine(line: string): SynsetLine {
  const fields = line.split(" ");
  const words = Number.parseInt(fields[3] ?? "", 16);
  const word = fields[4];
  if (word === undefined || Number.isNaN(words)) throw new Error(`not a line of WordNet's data: "${line.slice(0, 60)}"`);
  const start = 4 + 2 * words;
  const wider: string[] = [];
  for (let pointer = 0; pointer < Number(fields[start]); pointer++) {
    const [symbol, offset, part] = fields.slice(start + 1 + 4 * pointer);
    if (symbol === "@" || symbol === "@i") wider.push(`${partLetters[part!]} ${offset}`);
  }
  // A mark of where an adjective may stand is no part of the word.
  return { word: word.toLowerCase().replace(/\([a-z]+\)$/, ""), wider };
}
