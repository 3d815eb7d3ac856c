/** What cuts a text into pieces before byte pairs are merged, by llama.cpp's names; as the authors' own `tokenizer.json` has it. */
import { byteLevel } from "../../../data/byte-pair-json.ts";

export interface PreTokenizing {
  readonly preTokenizer: object;
  readonly normalizer?: object;
  /** Whether a piece that is in the vocabulary is that, whatever merges would make of it. */
  readonly ignoreMerges?: boolean;
}

const bytesAlone = { ...byteLevel, use_regex: false };

/** Words with what stands before them, numbers of so many digits, signs, and white space. */
function cut(regex: string): PreTokenizing {
  return { preTokenizer: { type: "Sequence", pretokenizers: [{ type: "Split", pattern: { Regex: regex }, behavior: "Isolated", invert: false }, bytesAlone] } };
}

const shortened = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const word = "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+";
const rest = " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const threeDigits = cut(`${shortened}|${word}|\\p{N}{1,3}|${rest}`);

const small = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
const large = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
const before = "[^\\r\\n\\p{L}\\p{N}]?";
const capitals = `${before}${large}*${small}+${shortened}?|${before}${large}+${small}*${shortened}?`;

const llama3: PreTokenizing = { ...threeDigits, ignoreMerges: true };

const preTokenizers: Readonly<Record<string, PreTokenizing>> = {
  "gpt-2": { preTokenizer: byteLevel },
  smollm: { preTokenizer: { type: "Sequence", pretokenizers: [{ type: "Digits", individual_digits: true }, byteLevel] } },
  // SmolLM3 has it too.
  "llama-bpe": llama3,
  llama3,
  "llama-v3": llama3,
  qwen2: { ...cut(`${shortened}|${word}|\\p{N}|${rest}`), normalizer: { type: "NFC" } },
  // OLMo 2 and Phi-4.
  dbrx: threeDigits,
  // Phi-4-mini.
  "gpt-4o": cut(`${capitals}|\\p{N}{1,3}|${rest.replace("[\\r\\n]*", "[\\r\\n/]*")}`),
};

/** @param name - `tokenizer.ggml.pre` @returns undefined: it is not known */
export function preTokenizingOf(name: unknown): PreTokenizing | undefined {
  return typeof name === "string" && Object.hasOwn(preTokenizers, name) ? preTokenizers[name] : undefined;
}

export const preTokenizerNames: readonly string[] = Object.keys(preTokenizers);
