import { expect, test } from "vitest";
import { captionsTokens, captionTokens } from "../../src/evaluate/metrics/caption-tokens.ts";
import { cider } from "../../src/evaluate/metrics/cider.ts";
import fixture from "../fixtures/evaluate/caption-tokens.json" with { type: "json" };
import known from "../fixtures/evaluate/known-captions.json" with { type: "json" };

const joined = (words: readonly string[]) => words.join(" ");

test("captions of one call are split as pycocoevalcap splits them", () => {
  const ours = captionsTokens(fixture.captions).map(joined);
  const different = fixture.captions.flatMap((caption, i) => (ours[i] === fixture.tokens[i] ? [] : [{ caption, ours: ours[i], reference: fixture.tokens[i] }]));
  expect(different).toEqual([]);
});

test.each(fixture.alone)("a last caption, and the first line of one with line ends, as if alone: $caption", ({ caption, tokens }) => {
  expect(joined(captionsTokens([caption])[0]!)).toBe(tokens);
});

test("what follows a caption counts where it ends, and a caption of several lines moves no other", () => {
  expect(captionsTokens(["vitamin B.", "The end"])).toEqual([
    ["vitamin", "b"],
    ["the", "end"],
  ]);
  expect(captionsTokens(["vitamin B.", "the end"])).toEqual([
    ["vitamin", "b."],
    ["the", "end"],
  ]);
  expect(captionsTokens(["one\rtwo", "three"])).toEqual([["one"], ["three"]]);
});

test("one caption by itself is split as one that others follow", () => {
  expect(captionTokens("A dog's bowl, isn't it? :)")).toEqual(["a", "dog", "'s", "bowl", "is", "n't", "it", ":-rrb-"]);
});

test("signs that look like letters end a Greek word as they do in Java", () => {
  // What the reference gives for them; most were no letters of a case when Java's rule was written.
  const words = ["ΟΔΟΣª", "ΟΔΟΣº", "ΟΔΟΣ.º", "ºΣ", "ΟΔΟΣʕ", "ΟΔΟΣᵡ", "ΟΔΟΣᵢ", "ΟΔΟΣⁿ", "ΟΔΟΣʰ", "ΟΔΟΣʹ"];
  expect(words.map(captionTokens)).toEqual([["οδοςª"], ["οδοςº"], ["οδος.º"], ["ºσ"], ["οδοσʕ"], ["οδοσᵡ"], ["οδοςᵢ"], ["οδοςⁿ"], ["οδοσʰ"], ["οδοςʹ"]]);
});

test("CIDEr of texts is pycocoevalcap's", () => {
  const { pictures, scores, mean } = fixture.cider;
  const candidates = captionsTokens(pictures.map(({ candidate }) => candidate));
  const references = captionsTokens(pictures.flatMap((picture) => picture.references));
  const ours = cider(pictures.map((picture, i) => ({ candidate: candidates[i]!, references: references.splice(0, picture.references.length) })));
  ours.forEach((score, i) => expect(score, `picture ${i}`).toBeCloseTo(scores[i]!, 8));
  expect(ours.reduce((sum, score) => sum + score, 0) / ours.length).toBeCloseTo(mean, 8);
});

test("the published example's words and score", () => {
  const ids = Object.keys(known.captions) as (keyof typeof known.captions)[];
  const pairs = ids.map((id) => ({ candidate: captionTokens(known.captions[id][0]!), references: known.references[id].map(captionTokens) }));
  expect(pairs.map(({ candidate }) => joined(candidate))).toEqual(ids.map((id) => known.tokenized_captions[id][0]));
  expect(pairs.map(({ references }) => references.map(joined))).toEqual(ids.map((id) => known.tokenized_references[id]));
  const scores = cider(pairs);
  scores.forEach((score, i) => expect(score).toBeCloseTo(known.CIDEr.per_item[i]!, 6));
});

test("long captions that nearly match take no longer than their length", () => {
  // Each of these would be read to its end from each of its places: hours, if what led nowhere were not remembered.
  for (const part of ["<!a", "a'", "(a.", "http://((", "a-", "<a b='", "1/", "a.b!", ". . "]) {
    expect(captionTokens(`${part.repeat(300_000)} dog`).at(-1), part).toBe("dog");
  }
}, 60_000);
