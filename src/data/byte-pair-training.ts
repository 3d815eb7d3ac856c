/**
 * Learns a byte-level byte-pair vocabulary (Sennrich et al., 2016; bytes as in GPT-2) and writes it as a `tokenizer.json`, the format that
 * every tokenizer library reads.
 */
import { bytePairJson } from "./byte-pair-json.ts";
import { asByteCharacters, characterOfByte } from "./tokenizing/byte-characters.ts";
import { gpt2Pieces } from "./tokenizing/pre-tokenizer.ts";

interface Word {
  symbols: string[];
  readonly count: number;
}

/** What a vocabulary is learnt from: how often each piece of text occurred. Texts may come one after the other, more of them than fit into memory. */
export class PieceCounts {
  readonly counts = new Map<string, number>();
  /** Of all texts so far. */
  characters = 0;

  add(text: string): void {
    this.characters += text.length;
    for (const piece of text.match(gpt2Pieces) ?? []) this.counts.set(piece, (this.counts.get(piece) ?? 0) + 1);
  }
}

/**
 * @param texts - what to learn from, or what was counted of it
 * @param size - entries of the vocabulary: bytes, merges and special tokens together
 * @param specialTokens - tokens that no text can contain; they come first
 * @returns the content of a `tokenizer.json`
 * @throws when the texts have too few different pairs to fill the vocabulary
 */
export function trainBytePairTokenizer(texts: Iterable<string> | PieceCounts, size: number, specialTokens: readonly string[]): Record<string, unknown> {
  const counted = texts instanceof PieceCounts ? texts : countPieces(texts);
  const words = [...counted.counts].map(([piece, count]): Word => ({ symbols: [...asByteCharacters(piece)], count }));
  const vocabulary = [...specialTokens, ...characterOfByte];
  const merges: [string, string][] = [];
  const pairs = new PairCounts(words);
  while (vocabulary.length < size) {
    const best = pairs.mostFrequent();
    if (best === undefined)
      throw new Error(
        `the text is too small for a vocabulary of ${size}: there is nothing left to merge at ${vocabulary.length}; give more text or a smaller size`,
      );
    merges.push(best);
    vocabulary.push(best.join(""));
    pairs.merge(best);
  }
  return bytePairJson({
    vocabulary,
    merges: merges.map((pair) => pair.join(" ")),
    specialTokens: specialTokens.map((content, id) => [id, content] as const),
  });
}

function countPieces(texts: Iterable<string>): PieceCounts {
  const counts = new PieceCounts();
  for (const text of texts) counts.add(text);
  return counts;
}

/** How often each pair of neighbours occurs, kept up to date while pairs are merged. */
class PairCounts {
  private readonly words: readonly Word[];
  private readonly counts = new Map<string, number>();
  private readonly occurrences = new Map<string, Set<number>>();

  constructor(words: readonly Word[]) {
    this.words = words;
    words.forEach((_, index) => this.count(index, 1));
  }

  /** Of equally frequent pairs the first in the order of their characters, so that the result does not depend on the order of the texts. */
  mostFrequent(): [string, string] | undefined {
    let best: string | undefined;
    let highest = 0;
    for (const [pair, count] of this.counts) {
      if (count > highest || (count === highest && best !== undefined && pair < best)) [best, highest] = [pair, count];
    }
    return best === undefined ? undefined : (best.split(" ") as [string, string]);
  }

  merge([left, right]: readonly [string, string]): void {
    for (const index of [...(this.occurrences.get(`${left} ${right}`) ?? [])]) {
      this.count(index, -1);
      const word = this.words[index]!;
      word.symbols = merged(word.symbols, left, right);
      this.count(index, 1);
    }
  }

  private count(index: number, sign: 1 | -1): void {
    const { symbols, count } = this.words[index]!;
    for (let i = 0; i + 1 < symbols.length; i++) {
      const pair = `${symbols[i]} ${symbols[i + 1]}`; // no symbol holds a space: it is written as Ġ
      const total = (this.counts.get(pair) ?? 0) + sign * count;
      if (total > 0) this.counts.set(pair, total);
      else this.counts.delete(pair);
      if (!this.occurrences.has(pair)) this.occurrences.set(pair, new Set());
      if (sign > 0) this.occurrences.get(pair)!.add(index);
      else this.occurrences.get(pair)!.delete(index);
    }
  }
}

function merged(symbols: readonly string[], left: string, right: string): string[] {
  const result: string[] = [];
  for (let i = 0; i < symbols.length; i++) {
    const both = symbols[i] === left && symbols[i + 1] === right;
    result.push(both ? left + right : symbols[i]!);
    if (both) i++;
  }
  return result;
}
