/**
 * Seeded random numbers: sfc32 (Doty-Humphrey's "small fast counting" generator, 128 bits of state, passes PractRand), seeded by hashing a list of names and numbers.
 * Two lists that differ give independent streams, so every consumer takes a stream of its own and nothing depends on the order of calls.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  constructor(...seed: readonly (string | number)[]) {
    [this.a, this.b, this.c] = hash(seed.join("\u0000"));
    for (let i = 0; i < 12; i++) this.bits();
  }

  /** 32 random bits as a whole number of at least 0. */
  private bits(): number {
    const result = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + result;
    this.c |= 0;
    return result >>> 0;
  }

  /** Uniform in [0, 1). */
  next(): number {
    return this.bits() / 2 ** 32;
  }

  /** Uniform from `least` on, below `most`. */
  between(least: number, most: number): number {
    return least + (most - least) * this.next();
  }

  /** Uniform among the whole numbers from `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** Whether an event of this probability happens. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One element. @throws when there is none */
  pick<Item>(items: readonly Item[]): Item {
    if (items.length === 0) throw new Error("cannot pick from an empty list");
    return items[Math.floor(this.next() * items.length)]!;
  }

  /** One element, each with a probability in proportion to its weight. @throws when there is none */
  weighted<Item>(items: readonly (readonly [item: Item, weight: number])[]): Item {
    return items[this.place(Float64Array.from(items, ([, weight]) => weight))]![0];
  }

  /** One place of a list of weights, each with a probability in proportion to its own. @throws when there is none */
  place(weights: Float64Array): number {
    if (weights.length === 0) throw new Error("cannot pick from an empty list");
    let total = 0;
    // Over places, not over values: it takes a tenth of the time, and every token that is drawn passes here.
    for (let place = 0; place < weights.length; place++) total += weights[place]!;
    let rest = this.next() * total;
    for (let place = 0; place < weights.length; place++) {
      rest -= weights[place]!;
      if (rest < 0) return place;
    }
    return weights.length - 1; // rounding left a little over
  }

  /** `count` different elements in random order; all of them when there are fewer. */
  sample<Item>(items: readonly Item[], count: number): Item[] {
    // Small samples of long lists are the common case: draw positions instead of shuffling everything.
    if (count * 4 < items.length) {
      const chosen = new Set<number>();
      while (chosen.size < count) chosen.add(Math.floor(this.next() * items.length));
      return [...chosen].map((i) => items[i]!);
    }
    return this.shuffle(items).slice(0, count);
  }

  /** A copy in random order. */
  shuffle<Item>(items: readonly Item[]): Item[] {
    const copy = [...items];
    for (let i = copy.length - 1; i > 0; i--) {
      const j = Math.floor(this.next() * (i + 1));
      [copy[i], copy[j]] = [copy[j]!, copy[i]!];
    }
    return copy;
  }
}

/** Three independent 32-bit hashes of a text (FNV-1a with different bases, finished as in MurmurHash3). */
function hash(text: string): [number, number, number] {
  return [0x811c9dc5, 0x9747b28c, 0x3c6ef372].map((basis) => {
    let value = basis;
    for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
    value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
    value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
    return value ^ (value >>> 16);
  }) as [number, number, number];
}

/** A number in [0, 1) that depends on the text alone: for splits that must never move. */
export function hashFraction(text: string): number {
  return (hash(text)[0] >>> 0) / 2 ** 32;
}
