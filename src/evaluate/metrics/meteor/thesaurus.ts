/** What METEOR knows of words: their meanings from WordNet, and phrases that may stand for one another. Ours to read, not ours to bring. */

/** Endings that are taken off or exchanged, the first first, to find a word that is known. */
const endings = [
  ...([
    ["s", ""],
    ["ses", "s"],
    ["xes", "x"],
    ["zes", "z"],
    ["ches", "ch"],
    ["shes", "sh"],
    ["men", "man"],
    ["ies", "y"],
  ] as const),
  ...([
    ["s", ""],
    ["ies", "y"],
    ["es", "e"],
    ["es", ""],
    ["ed", "e"],
    ["ed", ""],
    ["ing", "e"],
    ["ing", ""],
  ] as const),
  ...([
    ["er", ""],
    ["est", ""],
    ["er", "e"],
    ["est", "e"],
  ] as const),
];

/** Meanings of English words. */
export class Meanings {
  private readonly known: ReadonlyMap<string, string>;
  private readonly bases: ReadonlyMap<string, readonly string[]>;
  private readonly remembered = new Map<string, ReadonlySet<string>>();

  /** @param synsets - the jar's `synonym/english.synsets`: a word, and in the next line its meanings @param exceptions - its `synonym/english.exceptions`: a word, and in the next line its irregular forms */
  constructor(synsets: string, exceptions: string) {
    this.known = new Map(pairs(synsets));
    const bases = new Map<string, string[]>();
    for (const [base, forms] of pairs(exceptions)) for (const form of forms.split(" ")) bases.set(form, [...(bases.get(form) ?? []), base]);
    this.bases = bases;
  }

  /** Those of the word itself and of its base forms. */
  of(word: string): ReadonlySet<string> {
    let found = this.remembered.get(word);
    if (found === undefined) {
      const words = [word, ...(this.bases.get(word) ?? [this.baseOf(word)])];
      found = new Set(words.flatMap((each) => this.known.get(each)?.split(" ") ?? []));
      this.remembered.set(word, found);
    }
    return found;
  }

  private baseOf(word: string): string {
    if (word.endsWith("ss") || word.length <= 2) return word;
    for (const [ending, becomes] of endings) {
      if (!word.endsWith(ending)) continue;
      const base = word.slice(0, -ending.length) + becomes;
      if (this.known.has(base)) return base;
    }
    return "";
  }
}

/** Every second line with the one after it. */
function pairs(text: string): [string, string][] {
  const lines = text.split("\n");
  return Array.from({ length: Math.floor(lines.length / 2) }, (_, i) => [lines[2 * i]!, lines[2 * i + 1]!.trim()]);
}

/** The longest phrase of the table, in words. */
const longest = 7;

/** Phrases that stand for one another. */
export class Paraphrases {
  private readonly table: ReadonlyMap<string, readonly (readonly string[])[]>;

  private constructor(table: Paraphrases["table"]) {
    this.table = table;
  }

  /**
   * Of millions those that can matter: one of the two has to be in a reference.
   * @param lines - of the table: a probability, a phrase, another one
   * @param references - their words
   */
  static async read(lines: AsyncIterable<string>, references: Iterable<readonly string[]>): Promise<Paraphrases> {
    const present = new Set<string>();
    for (const words of references) for (let at = 0; at < words.length; at++) for (const phrase of phrasesAt(words, at)) present.add(phrase);
    const table = new Map<string, (readonly string[])[]>();
    let at = 0;
    let phrase = "";
    for await (const line of lines) {
      if (at % 3 === 1) phrase = line;
      else if (at % 3 === 2 && (present.has(line) || present.has(phrase))) {
        const others = table.get(phrase);
        if (others === undefined) table.set(phrase, [line.split(" ")]);
        else others.push(line.split(" "));
      }
      at++;
    }
    return new Paraphrases(table);
  }

  /** What may stand for the phrases that begin at a word, the shortest phrase first. */
  *at(words: readonly string[], start: number): Generator<{ readonly length: number; readonly other: readonly string[] }> {
    let length = 0;
    for (const phrase of phrasesAt(words, start)) {
      length++;
      for (const other of this.table.get(phrase) ?? []) yield { length, other };
    }
  }
}

function* phrasesAt(words: readonly string[], start: number): Generator<string> {
  let phrase = "";
  for (let end = start; end < Math.min(words.length, start + longest); end++) {
    phrase = phrase === "" ? words[end]! : `${phrase} ${words[end]}`;
    yield phrase;
  }
}

/** All that METEOR looks up. */
export interface Thesaurus {
  readonly meanings: Meanings;
  readonly paraphrases: Paraphrases;
  /** Words that carry little meaning, which count less. */
  readonly functionWords: ReadonlySet<string>;
}
