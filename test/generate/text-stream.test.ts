/** A streamed answer equals the whole one, whatever the tokens; and nothing is held back that is certain. */
import fastCheck from "fast-check";
import { describe, expect, test } from "vitest";
import nanoJson from "../../models/nano/tokenizer.json" with { type: "json" };
import { Tokenizer } from "../../src/data/tokenizer.ts";
import { characterOfByte } from "../../src/data/tokenizing/byte-characters.ts";
import { TextStream } from "../../src/generate/text-stream.ts";
import { tokenizerBases, tokenizerCases, tokenizerOfCase } from "../data/tokenizer-cases.ts";

interface Member {
  readonly name: string;
  readonly tokenizer: Tokenizer;
  /** Ids, those more often that make characters only together. */
  readonly ids: fastCheck.Arbitrary<number>;
  /** What can change the text before it: the rest of a character, another byte, a word, nothing. */
  readonly next: readonly (readonly number[])[];
}

/** Every decoder that there is, each with one vocabulary. */
const decoders = tokenizerCases.filter(({ base, changes }, i) => "decoder" in changes || i === tokenizerCases.findIndex((other) => other.base === base));
const added = [
  { id: 900, content: "naïve 🙂", single_word: false, lstrip: false, rstrip: false, normalized: false, special: false },
  { id: 901, content: "<|picture|>", single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
];
const members = [
  { name: "nano", json: nanoJson },
  ...decoders.map((each) => ({ name: `${each.base} ${JSON.stringify(each.changes["decoder"]) ?? ""}`, json: withAdded(tokenizerOfCase(each)) })),
].map(({ name, json }) => member(name, json));

function withAdded(json: object): object {
  return { ...json, added_tokens: [...(json as { added_tokens: object[] }).added_tokens, ...added] };
}

function member(name: string, json: object): Member {
  const { vocab } = (json as { model: { vocab: Readonly<Record<string, number>> } }).model;
  const idsOf = (bytes: readonly number[]): number[] =>
    bytes.flatMap((byte) => [vocab[`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`], vocab[characterOfByte[byte]!]]).filter((id) => id !== undefined);
  const often = [...idsOf([...new TextEncoder().encode("é漢🙂\ufeffA\n"), 0x80, 0xff]), ...["▁", "Ġ", "a</w>", "a"].map((token) => vocab[token]), 900, 901];
  // Without 0xBD no bytes say U+FFFD themselves, which reads the same when they are broken.
  const without = idsOf([0xbd]);
  const ids = [[...Object.values(vocab), 900, 901, 5000], often].map((some) =>
    fastCheck.constantFrom(...some.filter((id) => id !== undefined && !without.includes(id))),
  );
  const ends = [[0x80], [0xa0], [0x80, 0x80], [0xa0, 0x80], [0x80, 0x80, 0x80], [0xa0, 0x80, 0x80]].map(idsOf);
  return {
    name,
    tokenizer: Tokenizer.fromJson(json),
    ids: fastCheck.oneof(...ids) as fastCheck.Arbitrary<number>,
    next: [[], ...ends, ...often.flatMap((id) => (id === undefined ? [] : [[id]]))],
  };
}

/** What comes before the stop string that is complete first. */
function cut(text: string, stops: readonly string[]): string {
  for (let end = 1; end <= text.length; end++) {
    const complete = stops.filter((stop) => text.slice(0, end).endsWith(stop));
    if (complete.length > 0) return text.slice(0, end - Math.max(...complete.map(({ length }) => length)));
  }
  return text;
}

function streamed(tokenizer: Tokenizer, ids: readonly number[], stops: readonly string[]): { pieces: string[]; read: number } {
  const stream = new TextStream(tokenizer, stops);
  const pieces: string[] = [];
  for (const [i, id] of ids.entries()) {
    pieces.push(stream.push(id));
    if (stream.stopped) return { pieces, read: i + 1 };
  }
  return { pieces: [...pieces, stream.end()], read: ids.length };
}

describe.each(members)("$name", ({ name, tokenizer, ids, next }) => {
  test("pieces are together the whole answer, each of whole characters", () => {
    fastCheck.assert(
      fastCheck.property(fastCheck.array(ids, { maxLength: 24 }), (answer) => {
        const { pieces } = streamed(tokenizer, answer, []);
        expect(pieces.join("")).toBe(tokenizer.decode(answer));
        expect(pieces.every((piece) => piece.isWellFormed())).toBe(true);
      }),
    );
  });

  test("pieces end before the stop string that the whole answer has first", () => {
    const part = fastCheck
      .tuple(fastCheck.array(ids, { minLength: 1, maxLength: 3 }), fastCheck.nat({ max: 3 }))
      .map(([some, from]) => [...tokenizer.decode(some)].slice(from).join(""));
    const stop = fastCheck.oneof(part, fastCheck.constantFrom("\n", "\n\n", "aa", "ab", " ", "\ufffd", "🙂", "e 🙂a")).filter((text) => text !== "");
    fastCheck.assert(
      fastCheck.property(fastCheck.array(ids, { maxLength: 24 }), fastCheck.array(stop, { maxLength: 3 }), (answer, stops) => {
        const { pieces, read } = streamed(tokenizer, answer, stops);
        expect(pieces.join("")).toBe(cut(tokenizer.decode(answer), stops));
        expect(pieces.join("")).toBe(cut(tokenizer.decode(answer.slice(0, read)), stops));
      }),
    );
  });

  // Where bytes are followed by a step that strips the end: that step does not know of half a character that must become one.
  test.skipIf(/ByteLevel.*Strip/.test(name))("what is held back can still change", () => {
    fastCheck.assert(
      fastCheck.property(fastCheck.array(ids, { maxLength: 12 }), (answer) => {
        const stream = new TextStream(tokenizer);
        const given = answer.map((id) => stream.push(id)).join("");
        const texts = next.map((more) => tokenizer.decode([...answer, ...more]));
        expect(given).toBe(commonBeginning(texts));
      }),
    );
  });
});

function commonBeginning(texts: readonly string[]): string {
  const characters = texts.map((text) => [...text]);
  const first = characters[0]!;
  const differs = first.findIndex((character, i) => characters.some((other) => other[i] !== character));
  return (differs < 0 ? first : first.slice(0, differs)).join("");
}

test("a stop string of half a character is refused", () => {
  expect(() => new TextStream(members[0]!.tokenizer, ["\ud83d"])).toThrow(/half a character/);
});

test("an empty answer is empty, and so is one of special tokens", () => {
  const tokenizer = Tokenizer.fromJson(withAdded(tokenizerBases["llama"]!));
  for (const answer of [[], [901], [901, 5000]]) expect(streamed(tokenizer, answer, ["\n"]).pieces.join("")).toBe("");
});
