/** A noun of WordNet 3.1, in its most frequent sense that can be seen (an animal, an artifact, …) or else its most frequent one. */
export interface WordNetNoun {
  readonly name: string;
  /** Names of the classes above it, nearest first: fruit, food, … */
  readonly kinds: readonly string[];
  readonly gloss: string;
  /** WordNet's own topic, such as `animal` or `food`. */
  readonly topic: string;
}

/** Lexicographer files 03-28, in WordNet's order. */
const topics = [
  "tops",
  "act",
  "animal",
  "artifact",
  "attribute",
  "body",
  "cognition",
  "communication",
  "event",
  "feeling",
  "food",
  "group",
  "location",
  "motive",
  "object",
  "person",
  "phenomenon",
  "plant",
  "possession",
  "process",
  "quantity",
  "relation",
  "shape",
  "state",
  "substance",
  "time",
];

/** Topics of things that a picture can show. */
export const visibleTopics: ReadonlySet<string> = new Set(["animal", "artifact", "body", "food", "object", "plant", "shape", "substance"]);

interface Synset {
  readonly names: readonly string[];
  readonly topic: string;
  readonly above: string | undefined;
  readonly gloss: string;
}

/**
 * Reads the noun part of a WordNet database.
 * @param data - the text of `data.noun`
 * @param index - the text of `index.noun`: it says which sense of a word comes first
 * @throws when the text is not of that format
 */
export function readWordNetNouns(data: string, index: string): ReadonlyMap<string, WordNetNoun> {
  const synsets = new Map(
    data
      .split("\n")
      .filter((line) => /^\d{8} /.test(line))
      .map(readSynset),
  );
  if (synsets.size === 0) throw new Error("data.noun holds no entries: it is not a WordNet database, or it is empty");
  const nouns = new Map<string, WordNetNoun>();
  for (const line of index.split("\n")) {
    if (!/^[a-z]/.test(line)) continue;
    const fields = line.trim().split(" ");
    const name = fields[0]!.replaceAll("_", " ");
    const senses = fields.slice(4 + Number(fields[3]) + 2).map((offset) => synsets.get(offset)); // after the pointer symbols: two counts, then the synsets by frequency
    const synset = senses.find((sense) => sense !== undefined && visibleTopics.has(sense.topic)) ?? senses[0];
    if (synset !== undefined) nouns.set(name, { name, kinds: kindsOf(synset, synsets), gloss: synset.gloss, topic: synset.topic });
  }
  return nouns;
}

function readSynset(line: string): [string, Synset] {
  const [head, gloss] = line.split(" | ") as [string, string | undefined];
  const fields = head.split(" ");
  const count = Number.parseInt(fields[3] ?? "", 16);
  const topic = topics[Number(fields[1]) - 3];
  if (gloss === undefined || topic === undefined || Number.isNaN(count)) throw new Error(`not a WordNet entry: "${line.slice(0, 60)}"`);
  const names = Array.from({ length: count }, (_, i) => fields[4 + 2 * i]!.replaceAll("_", " "));
  const pointers = fields.slice(5 + 2 * count);
  const hypernym = pointers.findIndex((field) => field === "@" || field === "@i");
  // Examples and usage notes follow the definition after a semicolon.
  const definition = gloss
    .split(/; "|; (?=[a-z]+ )/)[0]!
    .replace(/\([^)]*\)/g, "")
    .replace(/\s+/g, " ")
    .trim();
  return [fields[0]!, { names, topic, above: hypernym < 0 ? undefined : pointers[hypernym + 1], gloss: definition }];
}

function kindsOf(synset: Synset, synsets: ReadonlyMap<string, Synset>): readonly string[] {
  const kinds: string[] = [];
  for (let above = synset.above; above !== undefined; ) {
    const next = synsets.get(above);
    if (next === undefined) break;
    kinds.push(next.names[0]!);
    above = next.above;
  }
  return kinds;
}
