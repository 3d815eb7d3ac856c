import { expect, test } from "vitest";
import tokenizerJson from "../../models/nano/tokenizer.json" with { type: "json" };
import { Tokenizer } from "../data/tokenizer.ts";
import { TextStream } from "./text-stream.ts";

const tokenizer = Tokenizer.fromJson(tokenizerJson);

function stream(text: string, stops: readonly string[] = []): string[] {
  const stream = new TextStream(tokenizer, stops);
  const pieces: string[] = [];
  for (const token of tokenizer.encode(text)) {
    pieces.push(stream.push(token));
    if (stream.stopped) return pieces;
  }
  return [...pieces, stream.end()];
}

test("pieces together are the text, and no piece holds half a character", () => {
  for (const text of ["a red apple", "naïve 🙂👩‍🚀 漢字", "\u0000 control"]) {
    const pieces = stream(text);
    expect(pieces.join("")).toBe(text);
    expect(pieces.slice(0, -1).some((piece) => piece.includes("\ufffd"))).toBe(false);
  }
});

test("the text ends before a stop string, also where it spans tokens", () => {
  expect(stream("a red apple. Then more", [". Then"]).join("")).toBe("a red apple");
  expect(stream("a red apple\n\nmore", ["zzz", "\n"]).join("")).toBe("a red apple");
  expect(stream("abcabd", ["abd"]).join("")).toBe("abc");
  // What looked like the beginning of a stop string is given in the end.
  expect(stream("to be or not. The", [". Then"]).join("")).toBe("to be or not. The");
  expect(() => new TextStream(tokenizer, [""])).toThrow(/empty stop string/);
  for (const wrong of ["x", "", [5]]) expect(() => new TextStream(tokenizer, wrong as never)).toThrow("stop must be a list of texts");
});
