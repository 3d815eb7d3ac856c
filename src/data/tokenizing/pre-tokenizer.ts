import { asByteCharacters } from "./byte-characters.ts";
import type { PreTokenizerStep } from "./format.ts";
import { compilePattern } from "./pattern.ts";
import { split } from "./split.ts";

/** A piece of text that merges do not cross. */
interface Piece {
  readonly text: string;
  /** Whether the whole text begins with it. */
  readonly first: boolean;
}

type Cut = (piece: Piece) => readonly Piece[];

/** GPT-2's pieces: words with the space before them. */
export const gpt2Pieces = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;
const whiteSpace = /\p{White_Space}/gu;
const punctuation = /[\p{P}$+<=>^`|~]/gu;
const words = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\p{White_Space}]+/gu;

/** Cuts a text into pieces. @throws DataError when a pattern cannot be searched for */
export function createPreTokenizer(steps: readonly PreTokenizerStep[]): (text: string, first: boolean) => string[] {
  const cuts = steps.flatMap(createCuts);
  return (text, first) => cuts.reduce<readonly Piece[]>((pieces, cut) => pieces.flatMap(cut), [{ text, first }]).map((piece) => piece.text);
}

function createCuts(step: PreTokenizerStep): Cut[] {
  switch (step.type) {
    case "ByteLevel":
      return [
        ...(step.add_prefix_space ? [prepending(" ", () => true)] : []),
        ...(step.use_regex ? [cutting(gpt2Pieces, "Isolated")] : []),
        ({ text, first }) => [{ text: asByteCharacters(text), first }],
      ];
    case "Metaspace": {
      const { replacement, prepend_scheme: scheme } = step;
      return [
        ({ text, first }) => [{ text: text.replaceAll(" ", () => replacement), first }],
        ...(scheme === "never" ? [] : [prepending(replacement, ({ first }) => first || scheme === "always")]),
        ...(step.split ? [cutting(compilePattern({ String: replacement }, ""), "MergedWithNext")] : []),
      ];
    }
    case "Split":
      return [cutting(compilePattern(step.pattern, "pre_tokenizer (Split)"), step.behavior, step.invert)];
    case "Digits":
      return [cutting(/\p{N}/gu, step.individual_digits ? "Isolated" : "Contiguous")];
    case "Punctuation":
      return [cutting(punctuation, step.behavior)];
    case "Whitespace":
      return [cutting(words, "Removed", true)];
    case "WhitespaceSplit":
      return [cutting(whiteSpace, "Removed")];
    case "CharDelimiterSplit":
      return [cutting(compilePattern({ String: step.delimiter }, ""), "Removed")];
    case "BertPreTokenizer":
      return [cutting(whiteSpace, "Removed"), cutting(punctuation, "Isolated")];
  }
}

function cutting(pattern: RegExp, ...how: [behavior: Parameters<typeof split>[2], invert?: boolean]): Cut {
  return ({ text, first }) => split(text, pattern, ...how).map((slice) => ({ text: slice.text, first: first && slice.from === 0 }));
}

function prepending(character: string, to: (piece: Piece) => boolean): Cut {
  return (piece) => [piece.text.startsWith(character) || !to(piece) ? piece : { ...piece, text: character + piece.text }];
}
