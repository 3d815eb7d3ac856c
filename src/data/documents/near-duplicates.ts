import { hashDistance } from "./difference-hash.ts";

/** Bits in which hashes of near-duplicates differ at most. More than this by one and at least one of 8 parts is the same in both. */
export const nearDistance = 6;
const partDigits = 4;

/** Hashes by their parts, so that near ones are found without comparing all with all: two that differ in up to 7 bits are equal in at least one of 8 parts. */
export class HashIndex {
  private readonly byPart = new Map<string, string[]>();

  add(hash: string): void {
    for (const part of partsOf(hash)) {
      const there = this.byPart.get(part);
      if (there === undefined) this.byPart.set(part, [hash]);
      else there.push(hash);
    }
  }

  /** Whether one was added that is as good as this one. */
  hasNear(hash: string): boolean {
    return partsOf(hash).some((part) => this.byPart.get(part)?.some((other) => hashDistance(hash, other) <= nearDistance));
  }

  /** Those that were added and are as good as this one. */
  near(hash: string): ReadonlySet<string> {
    return new Set(partsOf(hash).flatMap((part) => (this.byPart.get(part) ?? []).filter((other) => hashDistance(hash, other) <= nearDistance)));
  }
}

/**
 * Hashes of pictures that many documents show, such as logos: near-duplicates count as one.
 * @param documents - hashes of each document's pictures
 * @param most - documents that may show one
 */
export function repeatedHashes(documents: Iterable<readonly string[]>, most: number): ReadonlySet<string> {
  const shownIn = new Map<string, number[]>();
  let number = 0;
  for (const hashes of documents) {
    for (const hash of new Set(hashes)) {
      const there = shownIn.get(hash);
      if (there === undefined) shownIn.set(hash, [number]);
      else there.push(number);
    }
    number++;
  }
  const index = new HashIndex();
  for (const hash of shownIn.keys()) index.add(hash);
  const repeated = new Set<string>();
  for (const hash of shownIn.keys()) {
    const all = new Set([...index.near(hash)].flatMap((each) => shownIn.get(each)!));
    if (all.size > most) repeated.add(hash);
  }
  return repeated;
}

function partsOf(hash: string): string[] {
  return Array.from({ length: hash.length / partDigits }, (_, i) => `${i} ${hash.slice(i * partDigits, (i + 1) * partDigits)}`);
}
