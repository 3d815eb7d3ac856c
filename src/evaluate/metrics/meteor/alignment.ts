/** How METEOR 1.5 sets the words of a caption against those of a reference: a beam search for the alignment that covers most words in the fewest chunks. */
import { englishStem } from "./english-stem.ts";
import type { Thesaurus } from "./thesaurus.ts";

/** Ways in which words match, in the order in which they are looked for. */
export const modules = ["exact", "stem", "meaning", "paraphrase"] as const;

/** Words of the reference that match words of the caption. */
export interface Match {
  /** First word in the reference, and how many. */
  readonly start: number;
  readonly length: number;
  /** The same in the caption. */
  readonly captionStart: number;
  readonly captionLength: number;
  /** Place in {@link modules}. */
  readonly module: number;
}

const beam = 40;
/** What a match that is not exact is worth in the search. */
const weightOf = (module: number): number => (module === 0 ? 1 : 0.5);

/** @returns matches in the order of the reference, none of which overlap */
export function align(caption: readonly string[], reference: readonly string[], thesaurus: Thesaurus): Match[] {
  const matches = matchesOf(caption, reference, thesaurus);
  return resolved(matches, fixed(matches, caption.length, reference.length));
}

/** All matches, by the word of the reference that they begin at. */
function matchesOf(caption: readonly string[], reference: readonly string[], { meanings, paraphrases }: Thesaurus): Match[][] {
  const found: Match[][] = reference.map(() => []);
  const add = (module: number, start: number, length: number, captionStart: number, captionLength: number): void =>
    void found[start]!.push({ start, length, captionStart, captionLength, module });
  // Words are told apart by Java's hashes of them, as there.
  const [own, others] = [caption.map(hashOf), reference.map(hashOf)];
  const pairwise = (module: number, same: (i: number, j: number) => boolean): void => {
    for (let j = 0; j < reference.length; j++) for (let i = 0; i < caption.length; i++) if (same(i, j)) add(module, j, 1, i, 1);
  };
  const differ = (i: number, j: number): boolean => own[i] !== others[j];
  pairwise(0, (i, j) => !differ(i, j));
  if (own.length === others.length && own.every((hash, i) => hash === others[i])) return found;
  const [ownStems, otherStems] = [caption.map((word) => hashOf(englishStem(word))), reference.map((word) => hashOf(englishStem(word)))];
  pairwise(1, (i, j) => differ(i, j) && ownStems[i] === otherStems[j]);
  const [ownMeanings, otherMeanings] = [caption.map((word) => meanings.of(word)), reference.map((word) => meanings.of(word))];
  pairwise(2, (i, j) => differ(i, j) && sharesOne(ownMeanings[i]!, otherMeanings[j]!));
  for (let j = 0; j < reference.length; j++) {
    for (const { length, other } of paraphrases.at(reference, j))
      for (let i = 0; i < caption.length; i++) if (standsAt(other, caption, i)) add(3, j, length, i, other.length);
  }
  for (let i = 0; i < caption.length; i++) {
    for (const { length, other } of paraphrases.at(caption, i))
      for (let j = 0; j < reference.length; j++) if (standsAt(other, reference, j)) add(3, j, other.length, i, length);
  }
  return found;
}

function sharesOne(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  for (const each of a) if (b.has(each)) return true;
  return false;
}

function standsAt(phrase: readonly string[], words: readonly string[], at: number): boolean {
  return phrase.every((word, i) => words[at + i] === word);
}

/** As Java has it. */
function hashOf(word: string): number {
  let hash = 0;
  for (let i = 0; i < word.length; i++) hash = (Math.imul(31, hash) + word.charCodeAt(i)) | 0;
  return hash;
}

/** A way through the reference, as far as it has come. */
interface Path {
  readonly matches: (Match | undefined)[];
  readonly captionUsed: boolean[];
  readonly referenceUsed: boolean[];
  /** Words covered, in whole numbers: what halves add up to is cut off each time. */
  covered: [caption: number, reference: number];
  chunks: number;
  /** The next word of the reference. */
  at: number;
  /** Where in the caption the last match ended; -1 where a word was left out since. */
  lastEnd: number;
  distance: number;
}

/** Matches that nothing else competes with are settled. */
function fixed(matches: readonly (readonly Match[])[], captionLength: number, referenceLength: number): Path {
  const [captionCover, cover] = [new Array<number>(captionLength).fill(0), new Array<number>(referenceLength).fill(0)];
  for (const match of matches.flat()) {
    for (let i = 0; i < match.captionLength; i++) captionCover[match.captionStart + i]!++;
    for (let i = 0; i < match.length; i++) cover[match.start + i]!++;
  }
  const alone = (list: readonly number[], start: number, length: number): boolean => list.slice(start, start + length).every((count) => count === 1);
  const path: Path = {
    ...{ matches: matches.map(() => undefined), captionUsed: captionCover.map(() => false), referenceUsed: cover.map(() => false) },
    ...{ covered: [0, 0], chunks: 0, at: 0, lastEnd: -1, distance: 0 },
  };
  for (const [only, ...more] of matches) {
    if (only === undefined || more.length > 0) continue;
    if (!alone(cover, only.start, only.length) || !alone(captionCover, only.captionStart, only.captionLength)) continue;
    path.matches[only.start] = only;
    use(path, only);
  }
  return path;
}

function resolved(matches: readonly (readonly Match[])[], start: Path): Match[] {
  let paths = [start];
  for (let current = 0; current < matches.length; current++) {
    const next: Path[] = [];
    const best = paths.toSorted(byWorth);
    for (const path of best.slice(0, beam)) {
      if (path.referenceUsed[current] === true) {
        // Within a match, or at the beginning of one that is settled.
        if (current < path.at) next.push(path);
        else if (path.matches[path.at] !== undefined) {
          const match = path.matches[path.at]!;
          follow(path, match);
          path.distance += Math.abs(match.start - match.captionStart);
          next.push(path);
        }
        continue;
      }
      for (const match of matches[current]!) {
        if (isUsed(path, match)) continue;
        const taken: Path = {
          ...path,
          ...{ matches: [...path.matches], captionUsed: [...path.captionUsed], referenceUsed: [...path.referenceUsed], covered: [...path.covered] },
        };
        use(taken, match);
        taken.matches[current] = match;
        follow(taken, match);
        // To those that come after it, not to itself: a slip of the original that decides between equals.
        path.distance += Math.abs(match.start - match.captionStart);
        next.push(taken);
      }
      if (path.lastEnd !== -1) {
        path.chunks++;
        path.lastEnd = -1;
      }
      path.at++;
      next.push(path);
    }
    paths = next.length === 0 ? [best[0]!] : next;
  }
  const ended = paths.toSorted(byWorth).slice(0, beam);
  for (const path of ended) if (path.lastEnd !== -1) path.chunks++;
  return ended.toSorted(byWorth)[0]!.matches.filter((match) => match !== undefined);
}

/** More words, then fewer chunks, then less distance. */
function byWorth(a: Path, b: Path): number {
  const sum = ({ covered: [caption, reference] }: Path): number => caption + reference;
  return sum(b) - sum(a) || a.chunks - b.chunks || a.distance - b.distance;
}

function follow(path: Path, { start, length, captionStart, captionLength, module }: Match): void {
  const [caption, reference] = path.covered;
  path.covered = [Math.trunc(caption + captionLength * weightOf(module)), Math.trunc(reference + length * weightOf(module))];
  if (path.lastEnd !== -1 && captionStart !== path.lastEnd) path.chunks++;
  path.at = start + length;
  path.lastEnd = captionStart + captionLength;
}

function use({ captionUsed, referenceUsed }: Path, { start, length, captionStart, captionLength }: Match): void {
  referenceUsed.fill(true, start, start + length);
  captionUsed.fill(true, captionStart, captionStart + captionLength);
}

function isUsed({ captionUsed, referenceUsed }: Path, { start, length, captionStart, captionLength }: Match): boolean {
  return referenceUsed.slice(start, start + length).includes(true) || captionUsed.slice(captionStart, captionStart + captionLength).includes(true);
}
