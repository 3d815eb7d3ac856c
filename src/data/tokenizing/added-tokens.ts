import { DataError } from "../errors.ts";
import type { AddedTokenJson } from "./format.ts";
import { literally } from "./pattern.ts";

/** Text, or an added token that was found in it. */
export type Found = { readonly text: string; readonly from: number } | { readonly id: number };

interface Wanted {
  readonly pattern: string;
  readonly token: AddedTokenJson;
}

// Both of a text's end next to a token, as the tokenizers library sees them.
const wordEnds = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u;
const wordBegins = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const spaceBegins = /^\p{White_Space}*/u;
const space = /\p{White_Space}/u;

/** Where the white space before a place begins. */
function spaceBefore(text: string, before: number): number {
  let start = before;
  while (start > 0 && space.test(text[start - 1]!)) start--;
  return start;
}

/** Finds added tokens in a text: the first one, and of those that begin at the same place the longest. Special tokens are found and left as text. */
export class AddedTokenSearch {
  private readonly byPattern: ReadonlyMap<string, AddedTokenJson>;
  private readonly anywhere: RegExp | undefined;

  /** @param wanted - what each token looks like in the text @throws DataError when two look the same, or one looks like nothing */
  constructor(wanted: readonly Wanted[]) {
    const byPattern = new Map<string, AddedTokenJson>();
    for (const { pattern, token } of wanted) {
      const other = byPattern.get(pattern);
      if (other !== undefined || pattern === "")
        throw new DataError(
          `the added token ${JSON.stringify(token.content)} is ${JSON.stringify(pattern)} once it is normalised${other === undefined ? "" : `, as is ${JSON.stringify(other.content)}`}; leave it out`,
        );
      byPattern.set(pattern, token);
    }
    this.byPattern = byPattern;
    const longestFirst = [...this.byPattern.keys()].toSorted((a, b) => b.length - a.length);
    const escaped = longestFirst.map(literally);
    this.anywhere = escaped.length === 0 ? undefined : new RegExp(escaped.join("|"), "gu");
  }

  /** The whole text in parts. */
  split(text: string): Found[] {
    if (text === "") return [];
    if (this.anywhere === undefined) return [{ text, from: 0 }];
    const parts: Found[] = [];
    let end = 0;
    for (const match of text.matchAll(this.anywhere)) {
      const token = this.byPattern.get(match[0])!;
      let start = match.index;
      let stop = start + match[0].length;
      if (token.special) continue;
      if (token.single_word && (wordEnds.test(text.slice(Math.max(0, start - 2), start)) || wordBegins.test(text.slice(stop)))) continue;
      if (token.lstrip) start = Math.max(end, spaceBefore(text, start));
      if (token.rstrip) stop += spaceBegins.exec(text.slice(stop))![0].length;
      if (end < start) parts.push({ text: text.slice(end, start), from: end });
      // A token of white space may already have gone with the one before it.
      if (start < stop) parts.push({ id: token.id });
      end = stop;
    }
    if (end < text.length) parts.push({ text: text.slice(end), from: end });
    return parts;
  }
}
