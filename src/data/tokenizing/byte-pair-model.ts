import { DataError } from "../errors.ts";
import type { BytePairJson } from "./format.ts";

/** Two ids in one number: ids are below 2 to the 26th, and so are ranks and places in a piece. */
const pair = (left: number, right: number): number => left * 2 ** 26 + right;

/** Pieces that are remembered, and the longest of them. */
const remembered = 10_000;
const longest = 256;

/** Merges characters into tokens, the pair first that comes first in the list of merges (Sennrich et al., 2016). */
export class BytePairModel {
  private readonly json: BytePairJson;
  /** The rank of each pair, and by rank what it becomes. */
  private readonly ranks = new Map<number, number>();
  private readonly results: number[] = [];
  private readonly untypable: ReadonlySet<number>;
  private readonly known = new Map<string, readonly number[]>();

  /**
   * @param untypable - ids that no text gives
   * @throws DataError when it merges what is not in its vocabulary
   */
  constructor(json: BytePairJson, untypable: ReadonlySet<number>) {
    this.json = json;
    this.untypable = untypable;
    const prefix = json.continuing_subword_prefix?.length ?? 0;
    // A line of a merges.txt may say which version it is of.
    for (const merge of json.merges.filter((each) => typeof each !== "string" || !each.startsWith("#version"))) {
      const [left, right] = halves(merge);
      const rank = this.results.length;
      const id = this.idOf(prefix === 0 ? left + right : left + right.slice(prefix), "merges");
      const both = pair(this.idOf(left, "merges"), this.idOf(right, "merges"));
      if (!untypable.has(id)) this.ranks.set(both, rank);
      this.results.push(id);
    }
  }

  /** @param piece - not empty @throws DataError when a character is unknown, and what stands for those is not in the vocabulary: a vocabulary of all bytes never asks for it */
  encode(piece: string): readonly number[] {
    if (this.json.ignore_merges === true) {
      const id = this.json.vocab.get(piece);
      if (id !== undefined && !this.untypable.has(id)) return [id];
    }
    const known = this.known.get(piece);
    if (known !== undefined) return known;
    const ids = this.merged(this.symbols(piece));
    if (piece.length < longest && this.known.size < remembered) this.known.set(piece, ids);
    return ids;
  }

  private idOf(token: string, where: string): number {
    const id = this.json.vocab.get(token);
    if (id === undefined) throw new DataError(`model.${where} has ${JSON.stringify(token)}, which is not in model.vocab; the file is damaged`);
    return id;
  }

  /** The ids of the characters; of one that is not in the vocabulary those of its bytes, or the one for what is unknown. */
  private symbols(piece: string): number[] {
    const { vocab, continuing_subword_prefix: prefix, end_of_word_suffix: suffix, unk_token: name, fuse_unk: fuse, byte_fallback: fallback } = this.json;
    const symbols: number[] = [];
    // Put only before the next known character: bytes in between come first, as in the tokenizers library.
    let unknown = 0;
    const putUnknown = (): void => {
      for (; unknown > 0; unknown--) symbols.push(this.idOf(name!, "unk_token"));
    };
    const characters = Array.from(piece);
    for (const [i, character] of characters.entries()) {
      const symbol = (i > 0 ? (prefix ?? "") : "") + character + (i === characters.length - 1 ? (suffix ?? "") : "");
      const id = vocab.get(symbol);
      if (id !== undefined) {
        putUnknown();
        symbols.push(id);
        continue;
      }
      const bytes = fallback === true ? this.bytes(symbol) : undefined;
      if (bytes !== undefined) symbols.push(...bytes);
      else if (typeof name === "string") {
        if (fuse !== true) putUnknown();
        unknown = 1;
      }
    }
    putUnknown();
    return symbols;
  }

  private bytes(symbol: string): readonly number[] | undefined {
    const ids = Array.from(new TextEncoder().encode(symbol), (byte) => this.json.vocab.get(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`));
    return ids.every((id) => id !== undefined) ? ids : undefined;
  }

  private merged(symbols: number[]): readonly number[] {
    const next = symbols.map((_, i) => i + 1);
    const previous = symbols.map((_, i) => i - 1);
    const waiting = new SmallestFirst();
    const offer = (left: number): void => {
      const right = next[left]!;
      const rank = right < symbols.length ? this.ranks.get(pair(symbols[left]!, symbols[right]!)) : undefined;
      if (rank !== undefined) waiting.push(pair(rank, left));
    };
    for (let i = 0; i < symbols.length; i++) offer(i);
    const gone = -1;
    for (let best = waiting.pop(); best !== undefined; best = waiting.pop()) {
      const left = best % 2 ** 26;
      const right = next[left]!;
      if (symbols[left] === gone || right >= symbols.length) continue;
      const rank = Math.floor(best / 2 ** 26);
      if (this.ranks.get(pair(symbols[left]!, symbols[right]!)) !== rank) continue; // something else was merged since
      symbols[left] = this.results[rank]!;
      symbols[right] = gone;
      next[left] = next[right]!;
      if (next[left]! < symbols.length) previous[next[left]!] = left;
      if (previous[left]! >= 0) offer(previous[left]!);
      offer(left);
    }
    return symbols.filter((id) => id !== gone);
  }
}

function halves(merge: unknown): readonly [left: string, right: string] {
  const parts: unknown = typeof merge === "string" ? merge.split(" ") : merge;
  if (Array.isArray(parts) && parts.length === 2 && typeof parts[0] === "string" && typeof parts[1] === "string") return parts as [string, string];
  throw new DataError(`model.merges has ${JSON.stringify(merge)}, which is no pair; the file is damaged`);
}

/** A heap of numbers. */
class SmallestFirst {
  private readonly heap: number[] = [];

  push(value: number): void {
    let at = this.heap.push(value) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.heap[parent]! <= value) break;
      this.heap[at] = this.heap[parent]!;
      at = parent;
    }
    this.heap[at] = value;
  }

  pop(): number | undefined {
    const smallest = this.heap[0];
    const value = this.heap.pop();
    if (this.heap.length === 0 || value === undefined) return smallest;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.heap.length) break;
      if (child + 1 < this.heap.length && this.heap[child + 1]! < this.heap[child]!) child++;
      if (this.heap[child]! >= value) break;
      this.heap[at] = this.heap[child]!;
      at = child;
    }
    this.heap[at] = value;
    return smallest;
  }
}
