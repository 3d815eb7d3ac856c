/** A tokenizer belongs to one embedding: token `i` is its row `i`. Here both are held against each other. */
import type { Markers } from "../data/document.ts";
import { Tokenizer } from "../data/tokenizer.ts";
import type { LanguageConfig } from "../model/language/config.ts";
import { CheckpointError } from "./errors.ts";

interface AddedToken {
  readonly id: number;
  readonly content: string;
}

/**
 * A tokenizer with a published model's own tokens, which its language model's tokenizer may not have yet.
 * @param json - the content of a `tokenizer.json`
 * @param added - names of the tokens that the embedding's extra rows stand for, in their order
 * @param file - what errors call it
 * @throws CheckpointError when those rows cannot be for these tokens
 */
export function withAddedTokens(json: unknown, added: readonly string[], { vocabulary, extraTokens }: LanguageConfig, file: string): unknown {
  const own = (json as { added_tokens?: readonly AddedToken[] } | null)?.added_tokens ?? [];
  const rest = own.filter(({ content }) => !added.includes(content));
  const size = reading(file, () => Tokenizer.sizeOf({ ...(json as object), added_tokens: rest }));
  if (size !== vocabulary || added.length !== extraTokens)
    throw new CheckpointError(
      `${file} does not belong to this model: it has ${size} entries and ${added.length} are added (${added.join(", ")}), the embedding has ${vocabulary} rows and ${extraTokens} for added ones; use the tokenizer that the model was published with`,
    );
  const tokens = added.map((content, i): AddedToken => {
    const known = own.find((token) => token.content === content);
    if (known !== undefined && known.id !== vocabulary + i)
      throw new CheckpointError(`${file} does not belong to this model: its ${content} is entry ${known.id}, the embedding has it in row ${vocabulary + i}`);
    return known ?? newToken(content, vocabulary + i);
  });
  return { ...(json as object), added_tokens: [...rest, ...tokens] };
}

/**
 * A language model's tokenizer with special tokens for a model that is yet to be trained: those that it lacks come after all rows of the embedding, of which published ones have more than
 * their tokenizer has entries.
 * @param json - the content of a `tokenizer.json`
 * @param file - what errors call it
 * @returns the same content when nothing is lacking
 * @throws CheckpointError when it is no tokenizer
 */
export function withMarkers(json: unknown, markers: readonly string[], vocabulary: number, file: string): unknown {
  const own = (json as { added_tokens?: readonly AddedToken[] } | null)?.added_tokens ?? [];
  const lacking = markers.filter((marker) => !own.some(({ content }) => content === marker));
  const first = Math.max(
    vocabulary,
    reading(file, () => Tokenizer.sizeOf(json)),
  );
  return lacking.length === 0 ? json : { ...(json as object), added_tokens: [...own, ...lacking.map((marker, i) => newToken(marker, first + i))] };
}

/** @param file - what errors call it @throws CheckpointError when it is no tokenizer, or says something that is not supported */
export function openTokenizer(json: unknown, file: string): Tokenizer {
  return reading(file, () => Tokenizer.fromJson(json));
}

/**
 * @returns the tokenizer of a model
 * @throws CheckpointError when it is none, has entries without a row of the embedding, or lacks a marker
 */
export function tokenizerOf(json: unknown, markers: Markers, { vocabulary, extraTokens }: LanguageConfig, file: string): Tokenizer {
  const rows = vocabulary + extraTokens;
  const tokenizer = openTokenizer(json, file);
  if (tokenizer.size > rows)
    throw new CheckpointError(
      `${file} does not belong to this model: it has ${tokenizer.size} entries, the embedding only ${rows} rows; use the tokenizer that the model was made with`,
    );
  for (const marker of Object.values(markers) as (string | undefined)[])
    if (marker !== undefined) reading(`${file}, for the markers in flamingo.json`, () => tokenizer.special(marker));
  return tokenizer;
}

function reading<Result>(file: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw new CheckpointError(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

function newToken(content: string, id: number): AddedToken & Readonly<Record<string, unknown>> {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
}
