/** Small tokenizers that together use every option of a `tokenizer.json` that is supported, with what the tokenizers library makes of texts and ids (tools/reference/tokenizer_options.py). */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

interface Base {
  readonly added_tokens: readonly object[];
  readonly decoder: object | null;
  readonly model: Readonly<Record<string, unknown>> & { readonly vocab: Readonly<Record<string, number>> };
}

export interface TokenizerCase {
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
  cases: readonly TokenizerCase[];
};

/** The tokenizer.json of a case, as the script makes it. */
export function tokenizerOfCase({ base, changes: { added = [], without = [], model = {}, ...keys } }: TokenizerCase): object {
  const start = bases[base]!;
  const vocab = Object.fromEntries(Object.entries(start.model.vocab).filter(([token]) => !without.includes(token)));
  const { type, ...options } = { ...start.model, vocab, ...model } as Record<string, unknown>;
  return { ...start, ...keys, added_tokens: [...start.added_tokens, ...added], model: type === null ? options : { type, ...options } };
}

export { bases as tokenizerBases, cases as tokenizerCases };
