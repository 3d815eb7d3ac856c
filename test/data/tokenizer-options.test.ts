/** Every option of a `tokenizer.json` that is supported gives what the tokenizers library gives (tools/reference/tokenizer_options.py). */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Tokenizer } from "../../src/data/tokenizer.ts";
import { TextStream } from "../../src/generate/text-stream.ts";

interface Base {
  readonly added_tokens: readonly object[];
  readonly model: Readonly<Record<string, unknown>> & { readonly vocab: Readonly<Record<string, number>> };
}

interface Case {
  readonly base: string;
  readonly changes: Readonly<Record<string, unknown>> & {
    readonly added?: readonly object[];
    readonly without?: readonly string[];
    readonly model?: Readonly<Record<string, unknown>>;
  };
  readonly encoded: readonly (readonly [text: string, ids: readonly number[]])[];
  readonly decoded: readonly (readonly [ids: readonly number[], text: string])[];
}

const { bases, cases } = JSON.parse(await readFile(join(import.meta.dirname, "../fixtures/data/tokenizer-options.json"), "utf8")) as {
  bases: Readonly<Record<string, Base>>;
  cases: readonly Case[];
};

/** The tokenizer.json of a case, as the script makes it. */
function applied({ base, changes: { added = [], without = [], model = {}, ...keys } }: Case): object {
  const start = bases[base]!;
  const vocab = Object.fromEntries(Object.entries(start.model.vocab).filter(([token]) => !without.includes(token)));
  const { type, ...options } = { ...start.model, vocab, ...model } as Record<string, unknown>;
  return { ...start, ...keys, added_tokens: [...start.added_tokens, ...added], model: type === null ? options : { type, ...options } };
}

describe.each(cases.map((each, i) => [`${i}: ${each.base} ${JSON.stringify(each.changes).slice(0, 160)}`, each] as const))("%s", (_, each) => {
  const tokenizer = Tokenizer.fromJson(applied(each));

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
