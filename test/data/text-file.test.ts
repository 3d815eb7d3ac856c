import { describe, expect, test } from "vitest";
import { parseJson } from "../../src/checkpoint/json-bytes.ts";
import { DataError } from "../../src/data/errors.ts";
import { jsonOf, textOf } from "../../src/data/text-file.ts";
import { CheckpointError } from "../../src/index.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const mark = Uint8Array.of(0xef, 0xbb, 0xbf);
const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(parts.flatMap((part) => [...part]));

describe("a text file", () => {
  test.each(["", "a", "naïve 漢字 🙂\r\n"])("is what was written, with a byte order mark or without: %j", (text) => {
    expect(textOf(utf8(text), "f")).toBe(text);
    expect(textOf(joined(mark, utf8(`{"a": 1}${text.trim()}`)), "f")).toBe(`{"a": 1}${text.trim()}`);
  });

  test.each([
    ["with a mark", "utf16le", true],
    ["without one", "utf16le", false],
  ] as const)("in UTF-16 says so: %s", (_, encoding, marked) => {
    const bytes = Buffer.from(`${marked ? "\ufeff" : ""}{"image": "a.png"}`, encoding);
    for (const each of [bytes, Buffer.from(bytes).swap16()])
      expect(() => textOf(each, "q.jsonl")).toThrow(new DataError("q.jsonl is UTF-16 text; save it as UTF-8"));
  });

  test("that is no UTF-8 names the line", () => {
    expect(() => textOf(joined(utf8("one\r\ntwo\n"), Uint8Array.of(0x63, 0xe9, 0x0a), utf8("four")), "q.jsonl")).toThrow(/^q\.jsonl, line 3: not UTF-8/);
    expect(() => textOf(Uint8Array.of(0xe2, 0x82), "q")).toThrow(/line 1/);
  });

  test("of JSON says that it is none", () => {
    expect(jsonOf(joined(mark, utf8('{"a": 1}')), "f")).toEqual({ a: 1 });
    expect(() => jsonOf(utf8("{"), "f.json")).toThrow(/^f\.json is not JSON/);
    expect(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22), "tokenizer.json")).toThrow(CheckpointError);
    expect(parseJson(joined(mark, utf8("[]")), "tokenizer.json")).toEqual([]);
  });
});
