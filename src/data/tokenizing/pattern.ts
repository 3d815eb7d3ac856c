/** Patterns as the tokenizers library searches for them: Oniguruma's, in JavaScript. */
import { toRegExp } from "oniguruma-to-es";
import { DataError } from "../errors.ts";
import type { PatternJson } from "./format.ts";

/** @param where - what errors call it @throws DataError when it is no pattern that can be searched for */
export function compilePattern(pattern: PatternJson, where: string): RegExp {
  if ("String" in pattern) return new RegExp(literally(pattern.String), "gu");
  try {
    if (mayFold(pattern.Regex)) throw new Error("where case is ignored, one character may stand for two, as ß for ss");
    return toRegExp(withWords(pattern.Regex), { accuracy: "strict", global: true });
  } catch (error) {
    throw new DataError(
      `${where} has the pattern ${JSON.stringify(pattern.Regex)}, which is not supported (${(error as Error).message}); use a model whose tokenizer does without it`,
    );
  }
}

/** Whether Oniguruma may find two letters for one, or one for two, which JavaScript never does. */
function mayFold(pattern: string): boolean {
  return /\(\?[a-zA-Z-]*i/.test(pattern) && (/ss|ff|fi|fl|st/i.test(pattern) || [...pattern].some((character) => [...character.toUpperCase()].length > 1));
}

/** A pattern that finds the text itself. */
export function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

/**
 * Oniguruma has six characters more in `\w` where it stands by itself than where it stands in brackets, and none of Unicode's other numbers in either; the translation has all numbers in both, and no circled letters.
 */
function withWords(pattern: string): string {
  const alone = "[:word:]²³¹¼½¾";
  const [is, not] = [`[${alone}]`, `[^${alone}]`];
  let depth = 0;
  return pattern.replace(/\\(?:([pP])\{(\^?)[wW][oO][rR][dD]\}|[\s\S])|\[\^?\]?|\]/g, (found, property: string | undefined, caret: string | undefined) => {
    if (found.startsWith("[")) depth++;
    if (found === "]") depth--;
    const letter = property === undefined ? found.slice(1) : (property === "P") === (caret === "^") ? "w" : "W";
    if (!found.startsWith("\\") || !/[wWbB]/.test(letter)) return found;
    if (letter === "w") return depth > 0 ? "[:word:]" : is;
    if (letter === "W") return depth > 0 ? "[:^word:]" : not;
    if (depth > 0) return found;
    return letter === "b" ? `(?:(?<=${is})(?!${is})|(?<!${is})(?=${is}))` : `(?:(?<=${is})(?=${is})|(?<!${is})(?!${is}))`;
  });
}
