/** What becomes of a token's characters: those of the Penn Treebank stand for brackets, quotation marks, dashes and fractions. */

const bracketNames = new Map([..."()[]{}"].map((bracket, i) => [bracket, ["-LRB-", "-RRB-", "-LSB-", "-RSB-", "-LCB-", "-RCB-"][i]!]));

export const bracket = (text: string): string => bracketNames.get(text)!;

/** Within telephone numbers and emoticons: only parentheses have names there. */
export const parentheses = (text: string): string => text.replace(/[()]/g, bracket);

export const ampersands = (text: string): string => text.replace(/&amp;/gi, "&");

/** Without soft hyphens, which only tell where a word may break. */
export const unbroken = (text: string): string => text.replaceAll("\u00ad", "") || "-";

const quotes: Readonly<Record<string, string>> = {
  "`": "\u0091\u2018\u201b\u2039",
  "'": "\u0092\u2019\u203a",
  "``": "\u0093\u201c\u00ab",
  "''": '\u0094\u201d\u00bb"',
};

/** Quotation marks of other styles as those of ASCII. */
export const plainQuotes = (text: string): string => text.replace(/./g, (mark) => Object.keys(quotes).find((plain) => quotes[plain]!.includes(mark)) ?? mark);

/** An apostrophe of a contraction in its ASCII form, be it a character or `&apos;`. */
export const plainApostrophe = (text: string): string => plainQuotes(text.replace("&apos;", "'"));

/** Three points for every ellipsis, two hyphens for dashes but not for rules across the page. */
export const ellipsis = (): string => "...";
export const dash = (text: string): string => (/^-{5,}$/.test(text) ? text : "--");

const names: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&amp;": "&",
  "&apos;": "'",
  "&quot;": "''",
  "\u00bc": "1/4",
  "\u00bd": "1/2",
  "\u00be": "3/4",
  "\u2153": "1/3",
  "\u2154": "2/3",
  "\u0080": "$",
  "\u00a4": "$",
  "\u20a0": "$",
  "\u20ac": "$",
  "\u00a2": "cents",
  "\u00a3": "#",
};

/** What a character or an entity is called; itself if it has no other name. */
export const named = (text: string): string => names[text] ?? text;

/**
 * Lower case as Java has it. They differ in where a Greek word ends, whose last sigma has a form of its own: Java looks at the word as its text boundaries have it, Unicode's rule, which JavaScript
 * follows, at letters that touch.
 */
export function lowerCase(text: string): string {
  if (!text.includes("\u03a3")) return text.toLowerCase();
  return text
    .replace(javaWords, (word) =>
      word.replace(/\u03a3/g, (_, at: number) => (cased.test(word.slice(0, at)) && !cased.test(word.slice(at + 1)) ? "\u03c2" : "\u03c3")),
    )
    .toLowerCase();
}

const javaWords = /[[\p{L}\p{M}\p{N}\p{Pc}\p{Pd}\p{Cf}'.]--[\u4e00-\u9fff\p{sc=Hira}\p{sc=Kana}]]+/gv;
/** Letters of two cases, and those that look like one of them: only the ones of Unicode's first versions. */
const cased = /[\u0345\p{Lu}\p{Ll}\p{Lt}\u0295\u02b0-\u02b8\u02c0\u02c1\u02e0-\u02e4\u037a\u1d2c-\u1d61\u2160-\u217f\u24b6-\u24e9]/u;
