/** Every option of a `tokenizer.json` that is supported gives what the tokenizers library gives. */
import { describe, expect, test } from "vitest";
import { Tokenizer } from "../../src/data/tokenizer.ts";
import { TextStream } from "../../src/generate/text-stream.ts";
import { tokenizerCases, tokenizerOfCase } from "./tokenizer-cases.ts";

describe.each(tokenizerCases.map((each, i) => [`${i}: ${each.base} ${JSON.stringify(each.changes).slice(0, 160)}`, each] as const))("%s", (_, each) => {
  const tokenizer = Tokenizer.fromJson(tokenizerOfCase(each));

  test("text to ids", () => {
    for (const [text, ids] of each.encoded) expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(ids);
  });

  test("ids to text, at once and one by one", () => {
    for (const [ids, text] of each.decoded) {
      expect(tokenizer.decode(ids), JSON.stringify(ids)).toBe(text);
      const stream = new TextStream(tokenizer);
      expect(ids.map((id) => stream.push(id)).join("") + stream.end()).toBe(text);
    }
  });
});
