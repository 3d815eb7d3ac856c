import { DataError } from "../errors.ts";
import { Random } from "../random.ts";
import { type BadSample, bytesOfSample, type NumberedSample, type OpenShard, type Sample, type Shard } from "./sample.ts";
import { type Reader, type ShardPart, shardPlan } from "./shard-plan.ts";

export interface SampleStreamOptions {
  /** What errors call the data set; its order depends on it. */
  readonly name: string;
  readonly seed: number;
  readonly shards: readonly string[];
  readonly open: OpenShard;
  readonly reader: Reader;
  /** Samples that wait to be drawn from at random; 1: samples come in the order of their shards. */
  readonly shuffle: number;
  /** Largest share of samples that cannot be read. */
  readonly badShare: number;
  /** Told of each of these. */
  readonly onBad?: ((fault: SampleFault) => void) | undefined;
  /** Where an earlier stream of the same options stood. Default: at the beginning. */
  readonly position?: StreamPosition | undefined;
}

export interface SampleFault {
  readonly shard: string;
  /** Undefined: the shard itself broke. */
  readonly key: string | undefined;
  readonly reason: string;
}

/** Where a stream stands, as JSON: what comes next depends on this and the options alone. */
export interface StreamPosition {
  readonly shards: number;
  readonly reader: Reader;
  readonly epoch: number;
  /** Parts of shards of this epoch that are done, and the number of the next sample in the one after them. */
  readonly parts: number;
  readonly next: number;
  /** Samples drawn in this epoch. */
  readonly drawn: number;
  /** Samples that wait, by shard and number. */
  readonly waiting: readonly (readonly [shard: number, number: number])[];
  /** Samples seen since the beginning, and those of them that could not be read. */
  readonly seen: number;
  readonly bad: number;
}

export interface DrawnSample {
  readonly sample: Sample;
  readonly shard: string;
  readonly epoch: number;
  /** What random numbers of it depend on, wherever its files lie: the epoch, the place of its shard among the others, its place in that. */
  readonly place: readonly [epoch: number, shard: number, number: number];
}

/** Beyond these, samples that wait are drawn although fewer wait than may. */
const mostWaitingBytes = 256_000_000;
/** So many are seen before their share says something. */
const leastSeen = 100;

type Waiting = { readonly shard: number; readonly number: number; readonly sample: Sample; readonly bytes: number };

/**
 * Samples of a data set, epoch after epoch, each of them once in an epoch, in an order that the seed decides. Shards are read one after the other; some samples wait in memory and one of
 * them is drawn at a time. Samples that cannot be read are told of and left out.
 */
export class SampleStream {
  private readonly options: SampleStreamOptions;
  private epoch: number;
  private parts: number;
  private next: number;
  private drawnInEpoch: number;
  private waiting: Waiting[] = [];
  private waitingBytes = 0;
  private seen: number;
  private bad: number;
  /** Whether this epoch had a sample that could be read, or began before this stream; and epochs before it that had none. */
  private foundSome: boolean;
  private emptyEpochs = 0;
  private current: { readonly part: ShardPart; readonly shard: Shard; readonly samples: AsyncGenerator<NumberedSample> } | undefined;
  private plan: readonly ShardPart[];
  private lastFault: SampleFault | undefined;

  private constructor(options: SampleStreamOptions) {
    this.options = options;
    const { position } = options;
    this.epoch = position?.epoch ?? 0;
    this.parts = position?.parts ?? 0;
    this.next = position?.next ?? 0;
    this.drawnInEpoch = position?.drawn ?? 0;
    this.seen = position?.seen ?? 0;
    this.bad = position?.bad ?? 0;
    this.foundSome = position !== undefined;
    this.plan = this.planOf(this.epoch);
  }

  /** @throws DataError when the position belongs to other shards or readers, or samples that waited are there no more */
  static async open(options: SampleStreamOptions): Promise<SampleStream> {
    const { position, shards, reader, name } = options;
    if (position !== undefined && (position.shards !== shards.length || position.reader.index !== reader.index || position.reader.count !== reader.count))
      throw new DataError(
        `the data set "${name}" stood at a place in ${position.shards} shards, as reader ${position.reader.index} of ${position.reader.count}; now there are ${shards.length} shards, and this is reader ${reader.index} of ${reader.count}. Go on with the same shards and as many processes`,
      );
    const stream = new SampleStream(options);
    await stream.readWaiting(position?.waiting ?? []);
    return stream;
  }

  /** Where it stands, for a later stream to go on from. */
  position(): StreamPosition {
    const { shards, reader } = this.options;
    return {
      shards: shards.length,
      reader: { index: reader.index, count: reader.count },
      epoch: this.epoch,
      parts: this.parts,
      next: this.next,
      drawn: this.drawnInEpoch,
      waiting: this.waiting.map(({ shard, number }) => [shard, number]),
      seen: this.seen,
      bad: this.bad,
    };
  }

  /** Samples seen so far, and those of them that could not be read. */
  get counts(): { readonly seen: number; readonly bad: number } {
    return { seen: this.seen, bad: this.bad };
  }

  /**
   * The next sample.
   * @param epochs - after so many epochs undefined is given. Default: it goes on for ever
   * @throws DataError when a shard cannot be opened, too many samples cannot be read, or an epoch holds none that can
   */
  async draw(epochs = Number.POSITIVE_INFINITY): Promise<DrawnSample | undefined> {
    for (;;) {
      if (this.epoch >= epochs) return undefined;
      const { shuffle } = this.options;
      while (this.waiting.length < shuffle && (this.waiting.length === 0 || this.waitingBytes < mostWaitingBytes)) if (!(await this.fill())) break;
      if (this.waiting.length > 0) return this.drawWaiting();
      this.beginEpoch();
    }
  }

  /** Counts a sample that was drawn and turned out to be useless. @throws DataError when they are too many */
  reject({ shard, sample }: DrawnSample, reason: string): void {
    this.fault({ shard, key: sample.key, reason });
    this.checkShare(leastSeen);
  }

  async close(): Promise<void> {
    const { current } = this;
    this.current = undefined;
    await current?.samples.return(undefined);
    await current?.shard.close();
  }

  private planOf(epoch: number): readonly ShardPart[] {
    const { name, seed, shards, reader, shuffle } = this.options;
    return shardPlan(shards.length, reader, shuffle > 1 ? new Random(name, seed, "shards", epoch) : undefined);
  }

  private drawWaiting(): DrawnSample {
    const { name, seed, reader, shards } = this.options;
    const random = new Random(name, seed, "samples", this.epoch, reader.index, this.drawnInEpoch++);
    const place = random.integer(0, this.waiting.length - 1);
    const drawn = this.waiting[place]!;
    // The last one takes its place, so that drawing takes no longer the more wait. In order there is only one.
    const last = this.waiting.pop()!;
    if (place < this.waiting.length) this.waiting[place] = last;
    this.waitingBytes -= drawn.bytes;
    return { sample: drawn.sample, shard: shards[drawn.shard]!, epoch: this.epoch, place: [this.epoch, drawn.shard, drawn.number] };
  }

  private beginEpoch(): void {
    const { name, reader, shards } = this.options;
    this.emptyEpochs = this.foundSome ? 0 : this.emptyEpochs + 1;
    // Of several readers that share too few samples, each has some in one epoch or another.
    if (this.emptyEpochs > 16 * (reader.count - 1))
      throw new DataError(
        `the data set "${name}" has no sample that can be read${reader.count > 1 ? ` by reader ${reader.index} of ${reader.count}` : ""}; look into ${shards[0]}`,
      );
    this.checkShare(1);
    this.epoch++;
    this.parts = 0;
    this.next = 0;
    this.drawnInEpoch = 0;
    this.foundSome = false;
    this.plan = this.planOf(this.epoch);
  }

  /** Lets one more sample wait. @returns whether the epoch may have more */
  private async fill(): Promise<boolean> {
    const { shards, open } = this.options;
    if (this.current === undefined) {
      const part = this.plan[this.parts];
      if (part === undefined) return false;
      const shard = await open(shards[part.shard]!);
      this.current = { part, shard, samples: shard.samples(this.next, (number) => number % part.of === part.part) };
    }
    const { part, samples } = this.current;
    const path = shards[part.shard]!;
    let result: IteratorResult<NumberedSample>;
    try {
      result = await samples.next();
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      this.seen++;
      this.fault({ shard: path, key: undefined, reason: error.message });
      result = { done: true, value: undefined };
    }
    if (result.done === true) {
      await this.close();
      this.parts++;
      this.next = 0;
      this.checkShare(leastSeen);
      return true;
    }
    const { number, sample } = result.value;
    this.next = number + 1;
    this.seen++;
    if ("bad" in sample) this.fault({ shard: path, key: sample.key, reason: sample.bad });
    else this.wait(part.shard, number, sample);
    this.checkShare(leastSeen);
    return true;
  }

  private wait(shard: number, number: number, sample: Sample): void {
    const bytes = bytesOfSample(sample);
    this.waiting.push({ shard, number, sample, bytes });
    this.waitingBytes += bytes;
    this.foundSome = true;
  }

  private fault(fault: SampleFault): void {
    this.bad++;
    this.lastFault = fault;
    this.options.onBad?.(fault);
  }

  private checkShare(least: number): void {
    const { name, badShare } = this.options;
    if (this.seen < least || this.bad <= badShare * this.seen) return;
    const last = this.lastFault;
    const where = last === undefined ? "" : `; the last one: ${last.shard}${last.key === undefined ? "" : `, ${last.key}`}: ${last.reason}`;
    throw new DataError(
      `the data set "${name}": ${this.bad} of ${this.seen} samples cannot be read, more than the share of ${badShare} that "badShare" allows${where}`,
    );
  }

  /** Samples that waited when an earlier stream stopped, in their order. */
  private async readWaiting(wanted: StreamPosition["waiting"]): Promise<void> {
    const { shards, open, name } = this.options;
    const found = new Map<string, Sample | BadSample>();
    for (const [shard, places] of Map.groupBy(wanted, ([shard]) => shard)) {
      const numbers = new Set(places.map(([, number]) => number));
      const last = Math.max(...numbers);
      const opened = await open(shards[shard]!);
      try {
        for await (const { number, sample } of opened.samples(Math.min(...numbers), (number) => numbers.has(number))) {
          found.set(`${shard} ${number}`, sample);
          if (number === last) break;
        }
      } finally {
        await opened.close();
      }
    }
    for (const [shard, number] of wanted) {
      const sample = found.get(`${shard} ${number}`);
      if (sample === undefined || "bad" in sample)
        throw new DataError(
          `the data set "${name}": sample ${number} of ${shards[shard]} waited when the run stopped, and is there no more; the shard was changed`,
        );
      this.wait(shard, number, sample);
    }
  }
}
