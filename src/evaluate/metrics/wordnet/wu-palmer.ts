import type { Synset } from "./wordnet.ts";

/** Stands above all that is no noun, since verbs, adjectives and adverbs have no widest meaning. */
const root: Synset = { name: "*ROOT*", part: "noun", hypernyms: [] };

/**
 * How much of their way down from the widest meaning two meanings share (Wu and Palmer, 1994), as NLTK 3 computes it: the meaning they share is the one whose shortest way to the top is longest, of several the first by name,
 * but it counts by its longest way.
 * @returns 0 to 1; undefined where they share none
 */
export function wuPalmer(a: Synset, b: Synset): number | undefined {
  const rooted = a.part !== "noun" || b.part !== "noun";
  const [fromA, fromB] = [distances(a, rooted), distances(b, rooted)];
  const shared = [...fromA.keys()].filter((each) => fromB.has(each));
  if (shared.length === 0) return undefined;
  const deepest = Math.max(...shared.map(shortestDepth));
  const lowest = shared.filter((each) => shortestDepth(each) === deepest);
  const common = lowest.includes(a) ? a : lowest.reduce((first, each) => (each.name < first.name ? each : first));
  const depth = longestDepth(common) + 1;
  const ways = [fromA, fromB].map((from) => shortest(from, distances(common, rooted)) + depth);
  return (2 * depth) / (ways[0]! + ways[1]!);
}

/** Steps up to all that is wider. */
function distances(from: Synset, rooted: boolean): Map<Synset, number> {
  const found = new Map([[from, 0]]);
  // A map is read in the order in which it grows, so nearer ones come first.
  for (const [synset, steps] of found) for (const wider of synset.hypernyms) if (!found.has(wider)) found.set(wider, steps + 1);
  if (rooted && from !== root) found.set(root, Math.max(...found.values()) + 1);
  return found;
}

function shortest(a: ReadonlyMap<Synset, number>, b: ReadonlyMap<Synset, number>): number {
  let least = Number.POSITIVE_INFINITY;
  for (const [synset, steps] of a) least = Math.min(least, steps + (b.get(synset) ?? Number.POSITIVE_INFINITY));
  return least;
}

function shortestDepth({ hypernyms }: Synset): number {
  return hypernyms.length === 0 ? 0 : 1 + Math.min(...hypernyms.map(shortestDepth));
}

function longestDepth({ hypernyms }: Synset): number {
  return hypernyms.length === 0 ? 0 : 1 + Math.max(...hypernyms.map(longestDepth));
}
