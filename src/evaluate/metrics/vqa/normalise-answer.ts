import { splitWords, strip } from "../python-text.ts";
import { contractions } from "./contractions.ts";

const numbers = new Map([
  ["none", "0"],
  ...["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"].map((word, number) => [word, String(number)] as const),
]);
const articles = new Set(["a", "an", "the"]);
/** In the official order, which makes no difference: whether a sign leaves a blank depends on the text as it was. */
const punctuation = [...';/[]"{}()=+\\_-><@`,?!'];
/** The official script hands the number of a flag to an argument that says how often to replace. */
const mostPeriods = 32;

/** Line ends and tabs as blanks, none at the ends: what the official script does with every answer. */
export function trimAnswer(answer: string): string {
  return strip(answer.replace(/[\n\t]/g, " "));
}

/**
 * An answer as the official VQA evaluation compares it: without punctuation and articles, numbers up to ten as digits, contractions with their apostrophes. With the script's slips: a sign is taken out
 * if a blank is beside it anywhere in the answer, or if a comma is between digits, and otherwise becomes a blank; of periods before something other than a digit, the first 32 go.
 */
export function normaliseAnswer(answer: string): string {
  const commaInNumber = /\p{Nd},\p{Nd}/u.test(answer);
  let text = answer;
  for (const sign of punctuation) text = text.replaceAll(sign, commaInNumber || answer.includes(`${sign} `) || answer.includes(` ${sign}`) ? "" : " ");
  let periods = 0;
  text = text.replace(/\.(?!\p{Nd})/gu, (period) => (periods++ < mostPeriods ? "" : period));
  return splitWords(text.toLowerCase())
    .map((word) => numbers.get(word) ?? word)
    .filter((word) => !articles.has(word))
    .map((word) => contractions.get(word) ?? word)
    .join(" ");
}

/** An answer as mmf compares those of TextVQA: commas, question marks and the blank before `'s` are seen to first. */
export function normaliseTextAnswer(answer: string): string {
  return normaliseAnswer(trimAnswer(strip(answer.toLowerCase().replace(/[,?]/g, "").replaceAll("'s", " 's"))));
}
