import fc from "fast-check";
import { expect, test } from "vitest";
import { LongestMatch } from "../../src/evaluate/metrics/ptb/longest-match.ts";

const first = (patterns: ConstructorParameters<typeof LongestMatch>[0], text: string) => new LongestMatch(patterns).over(text)(0);

test("the longest match is taken, whatever the order of patterns and alternatives", () => {
  expect(first([{ source: "a" }, { source: "a|ab|abc" }], "abcd")).toEqual({ pattern: 1, end: 3 });
  expect(first([{ source: "[ab]+" }, { source: "abc" }], "abab")).toEqual({ pattern: 0, end: 4 });
  expect(first([{ source: "(ab?|a(b|c){2,3})x?" }], "abccx")).toEqual({ pattern: 0, end: 5 });
  expect(first([{ source: "a" }], "b")).toBeUndefined();
});

test("of matches of one length the first pattern's is taken", () => {
  expect(first([{ source: "a[b]" }, { source: "[a-z]+" }], "ab")).toEqual({ pattern: 0, end: 2 });
});

test("what must follow counts for the length and stays", () => {
  const patterns = [{ source: "can", ahead: "not" }, { source: "[a-z]+" }];
  expect(first(patterns, "cannot")).toEqual({ pattern: 0, end: 3 });
  expect(first(patterns, "cannots")).toEqual({ pattern: 1, end: 7 });
  expect(first([{ source: "a+", ahead: "a?b" }], "aaab")).toEqual({ pattern: 0, end: 3 });
});

test("single letters match all their cases, classes are exact", () => {
  expect(first([{ source: "kis" }], "\u212a\u0130\u017f")).toEqual({ pattern: 0, end: 3 });
  expect(first([{ source: "[k]" }], "K")).toBeUndefined();
});

test("matches are those of JavaScript's regular expressions, all of whose matches are tried", () => {
  const source = "a(b|ab)*c?|(aa|b[ab]{2})+|c{1,2}b";
  const whole = new RegExp(`^(?:${source})$`);
  const automaton = new LongestMatch([{ source }]);
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 12 }), (text) => {
      const longest = Array.from(text, (_, i) => text.length - i).find((end) => whole.test(text.slice(0, end)));
      expect(automaton.over(text)(0)?.end).toBe(longest);
    }),
  );
});

test("ways remembered to lead nowhere change no match", () => {
  const automaton = new LongestMatch([{ source: "a[ab]*c" }, { source: "a|b" }, { source: "b[bd]*a", ahead: "c" }]);
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "b".repeat(50), "c", "ab".repeat(40), "d"), { maxLength: 12 }), (parts) => {
      const text = parts.join("");
      const match = automaton.over(text);
      for (let from = 0; from < text.length; from++) expect(match(from)).toEqual(automaton.over(text)(from));
    }),
  );
});
