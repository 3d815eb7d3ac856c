import type { Metric } from "../metric.ts";
import { align, modules } from "./alignment.ts";
import { type Abbreviations, meteorWords } from "./normalise.ts";
import type { Thesaurus } from "./thesaurus.ts";

/** What METEOR 1.5 weighs English by, unless it is told otherwise (its task "rank"). */
const [alpha, beta, gamma, delta] = [0.85, 0.2, 0.6, 0.75];
const weights = [1, 0.6, 0.8, 0.6];

/** A caption and its references, as the COCO evaluation's tokenizer writes them: words with a blank between. */
export interface MeteorPair {
  readonly candidate: string;
  readonly references: readonly string[];
}

/** Counts of words, on the side of the caption and on that of the reference. They add up over captions. */
interface Side {
  readonly words: number;
  readonly functionWords: number;
  /** By module. */
  readonly content: readonly number[];
  readonly function: readonly number[];
}

export interface MeteorCounts {
  readonly caption: Side;
  readonly reference: Side;
  readonly chunks: number;
}

/**
 * METEOR (Denkowski and Lavie, 2014), version 1.5, as the COCO evaluation calls it. The figure of many captions is that of their counts together, not the mean.
 * Of several references the one counts that is scored highest, of equals the first.
 */
export function meteor(thesaurus: Thesaurus, abbreviations: Abbreviations): Metric<MeteorPair, MeteorCounts> {
  const countsOf = ({ candidate, references }: MeteorPair): MeteorCounts => {
    const caption = meteorWords(candidate, abbreviations);
    let best: { readonly counts: MeteorCounts; readonly score: number } | undefined;
    for (const reference of references) {
      const counts = counted(caption, meteorWords(reference, abbreviations), thesaurus);
      const score = scoreOf(counts);
      if (best === undefined || score > best.score) best = { counts, score };
    }
    if (best === undefined) throw new Error("METEOR: a caption has no reference to compare with");
    return best.counts;
  };
  return { name: "METEOR", parts: (pairs) => pairs.map(countsOf), whole: (parts) => scoreOf(sumOf(parts)), score: scoreOf };
}

function counted(caption: readonly string[], reference: readonly string[], thesaurus: Thesaurus): MeteorCounts {
  const matches = align(caption, reference, thesaurus);
  const { functionWords } = thesaurus;
  const side = (words: readonly string[], placesOf: (match: (typeof matches)[number]) => readonly [start: number, length: number]): Side => {
    const [content, func] = [modules.map(() => 0), modules.map(() => 0)];
    for (const match of matches) {
      const [start, length] = placesOf(match);
      for (const word of words.slice(start, start + length)) (functionWords.has(word) ? func : content)[match.module]!++;
    }
    return { words: words.length, functionWords: words.filter((word) => functionWords.has(word)).length, content, function: func };
  };
  let [chunks, end, captionEnd] = [0, -1, -1];
  for (const match of matches) {
    if (match.start !== end || match.captionStart !== captionEnd) chunks++;
    [end, captionEnd] = [match.start + match.length, match.captionStart + match.captionLength];
  }
  return {
    caption: side(caption, ({ captionStart, captionLength }) => [captionStart, captionLength]),
    reference: side(reference, ({ start, length }) => [start, length]),
    chunks,
  };
}

function scoreOf({ caption, reference, chunks }: MeteorCounts): number {
  const [precision, recall] = [weighted(caption), weighted(reference)];
  const mean = 1 / ((1 - alpha) / precision + alpha / recall);
  const [captionMatches, referenceMatches] = [matched(caption), matched(reference)];
  const fragmentation = isWhole({ caption, reference, chunks }) ? 0 : chunks / ((captionMatches + referenceMatches) / 2);
  const score = mean * (1 - gamma * fragmentation ** beta);
  return Number.isNaN(score) ? 0 : Math.max(score, 0);
}

/** Whether every word matches, in order. */
function isWhole({ caption, reference, chunks }: MeteorCounts): boolean {
  return matched(caption) === caption.words && matched(reference) === reference.words && chunks === 1;
}

/** The share of a side's words that match, content words counting more than function words. */
function weighted({ words, functionWords, content, function: func }: Side): number {
  let matches = 0;
  for (const [i, count] of content.entries()) matches += count * weights[i]! * delta;
  for (const [i, count] of func.entries()) matches += count * weights[i]! * (1 - delta);
  return matches / (delta * (words - functionWords) + (1 - delta) * functionWords);
}

function matched({ content, function: func }: Side): number {
  return [...content, ...func].reduce((sum, count) => sum + count, 0);
}

function sumOf(parts: readonly MeteorCounts[]): MeteorCounts {
  const empty = (): { words: number; functionWords: number; content: number[]; function: number[] } => ({
    ...{ words: 0, functionWords: 0, content: modules.map(() => 0), function: modules.map(() => 0) },
  });
  const [caption, reference] = [empty(), empty()];
  let chunks = 0;
  for (const part of parts) {
    for (const [sum, side] of [
      [caption, part.caption],
      [reference, part.reference],
    ] as const) {
      sum.words += side.words;
      sum.functionWords += side.functionWords;
      for (let i = 0; i < modules.length; i++) {
        sum.content[i]! += side.content[i]!;
        sum.function[i]! += side.function[i]!;
      }
    }
    // What is not fragmented at all adds nothing.
    if (!isWhole(part)) chunks += part.chunks;
  }
  return { caption, reference, chunks };
}
