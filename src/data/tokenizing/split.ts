/** Cutting a text where a pattern is, as the tokenizers library does it. */
import type { Behavior } from "./format.ts";

/** Part of a text: `from` is where it begins. */
export interface Slice {
  readonly text: string;
  readonly from: number;
  /** Whether it is the pattern's. */
  readonly matches: boolean;
}

/**
 * The whole text, what the pattern finds and what is between. Empty matches count, but not right after another match.
 * @param pattern - global
 */
export function slicesOf(text: string, pattern: RegExp): Slice[] {
  if (text === "") return [];
  const slices: Slice[] = [];
  const put = (from: number, to: number, matches: boolean): number => slices.push({ text: text.slice(from, to), from, matches });
  let end = 0;
  let last = -1;
  for (let from = 0; from <= text.length; ) {
    pattern.lastIndex = from;
    const found = pattern.exec(text);
    if (found === null) break;
    const [start, stop] = [found.index, found.index + found[0].length];
    // V8 finds what looks around itself in the middle of a character, too.
    const within = start > 0 && (text.codePointAt(start - 1) ?? 0) > 0xffff;
    if (within || (start === stop && stop === last)) {
      from = start + ((text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1);
      continue;
    }
    if (end < start) put(end, start, false);
    put(start, stop, true);
    end = last = from = stop;
  }
  if (end < text.length) put(end, text.length, false);
  return slices;
}

/** @param invert - whether what is between the matches counts as the matches */
export function split(text: string, pattern: RegExp, behavior: Behavior, invert = false): Slice[] {
  const found = slicesOf(text, pattern).map((slice) => ({ ...slice, matches: slice.matches !== invert }));
  return joined(found, behavior).filter((slice) => slice.text !== "");
}

function joined(slices: readonly Slice[], behavior: Behavior): Slice[] {
  if (behavior === "Isolated") return [...slices];
  if (behavior === "Removed") return slices.filter(({ matches }) => !matches);
  const backwards = behavior === "MergedWithNext";
  const result: Slice[] = [];
  let before = false;
  for (const slice of backwards ? slices.toReversed() : slices) {
    const last = result.at(-1);
    const joins = behavior === "Contiguous" ? slice.matches === before : slice.matches && !before;
    before = slice.matches;
    if (last === undefined || !joins) result.push(slice);
    else result[result.length - 1] = backwards ? { ...slice, text: slice.text + last.text } : { ...last, text: last.text + slice.text };
  }
  return backwards ? result.reverse() : result;
}
