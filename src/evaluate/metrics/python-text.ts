/** Python's idea of white space, which the official scripts split and strip at; JavaScript's is another. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: Python counts U+001C to U+001F as white space.
const whitespace = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;
const ends = new RegExp(`^${whitespace.source}|${whitespace.source}$`, "g");

/** What `str.split()` gives. */
export function splitWords(text: string): string[] {
  return text.split(whitespace).filter((word) => word !== "");
}

/** What `str.strip()` gives. */
export function strip(text: string): string {
  return text.replace(ends, "");
}
