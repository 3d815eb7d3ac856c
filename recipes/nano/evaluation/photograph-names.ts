/** What may be said of the photographs: decided for each, once, before any model was asked (`photograph-labels.json`), and what that is a kind of (`photograph-nouns.json`, from WordNet). */
import { vague } from "../classes/class-names.ts";
import { photographFile } from "../drawings/photographs.ts";
import { unsure } from "../things/concept.ts";
import labels from "./photograph-labels.json" with { type: "json" };
import nouns from "./photograph-nouns.json" with { type: "json" };

interface Noun {
  readonly names: readonly string[];
  /** Other nouns, by their keys. */
  readonly kindOf: readonly string[];
}

/** By a word and the number of its sense: `crane.5` is the bird. */
const known: Readonly<Record<string, Noun>> = nouns;

const labelsOf = (source: "tuxpaint" | "endless-sky", said: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, readonly string[]> =>
  new Map(Object.entries(said).map(([path, keys]) => [photographFile(source, path), keys]));

/** Keys of nouns, and words that WordNet lacks, by the photograph's file: any of them is its right name. Drawings among the stamps have none. */
export const thingLabels = labelsOf("tuxpaint", labels.things);
export const sceneLabels = labelsOf("endless-sky", labels.scenes);

/** The first of a photograph's right names. */
export function firstName(file: string): string {
  const key = labelOf(file)[0]!;
  return known[key]?.names[0] ?? key;
}

/**
 * What an answer is: `right`, a name of the thing or of something that it is a kind of; `unsure`, that there is no saying; `silent`, nothing at all; else wrong, with a name as wide as that of
 * a class of animals (`bird`) or wider, or with a `narrow` one.
 */
export type Verdict = "right" | "unsure" | "silent" | "wide" | "narrow";

/** @param file - of the photograph, which has labels */
export function verdictOf(answer: string, file: string): Verdict {
  const said = candidates(answer);
  if (said.has("")) return "silent";
  if (said.has(unsure)) return "unsure";
  const right = rightNames(file);
  if ([...said].some((name) => right.has(name))) return "right";
  return [...said].some((name) => wideNames.has(name)) ? "wide" : "narrow";
}

function labelOf(file: string): readonly string[] {
  return thingLabels.get(file) ?? sceneLabels.get(file)!;
}

/** The nouns and everything that they are kinds of. */
function withKinds(keys: Iterable<string>): Set<string> {
  const all = new Set(keys);
  for (const key of all) for (const kind of known[key]?.kindOf ?? []) all.add(kind);
  return all;
}

function rightNames(file: string): ReadonlySet<string> {
  const names = [...withKinds(labelOf(file))].flatMap((key) => {
    const noun = known[key];
    return noun === undefined ? [key] : saysNothing(noun) ? [] : noun.names;
  });
  return new Set(names.flatMap((name) => [...candidates(name)]));
}

/** `physical object`, `living thing` */
function saysNothing({ names }: Noun): boolean {
  return vague.has(names[0]!.split(" ").at(-1)!) || names.some((name) => vague.has(name));
}

const wideNames: ReadonlySet<string> = new Set([...withKinds(labels.wide), ...vague].flatMap((key) => known[key]?.names ?? [key]));

/** The name in an answer, and the singular of what looks like a plural: `This is a photograph of grapes.` */
function candidates(answer: string): Set<string> {
  const name = answer
    .toLowerCase()
    .replace(/[.!]+$/, "")
    .replace(/^(?:this is|it is|it's) /, "")
    .replace(/^(?:an? |the )?(?:photograph|photo|picture) of /, "")
    .replace(/^(?:an?|the) /, "")
    .trim();
  // In brackets is what it is a kind of.
  const bare = name.replace(/ \(.*\)$/, "");
  return new Set([name, bare].flatMap((each) => [each, each.replace(/ies$/, "y"), each.replace(/(?<=[^s])s$/, ""), each.replace(/(?<=s|sh|ch|x|o)es$/, "")]));
}
