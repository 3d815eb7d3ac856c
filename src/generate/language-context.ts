import { DataError } from "../data/errors.ts";
import { mediaView } from "../data/media-view.ts";
import type { HostTensor, Variable } from "../runtime/runtime.ts";
import type { EncodedMedium } from "./media-encoder.ts";
import { MediaFeeds } from "./media-feeds.ts";
import type { ModelSessions } from "./model-sessions.ts";

/** What comes next in one row. */
export interface NextTokens {
  readonly tokens: readonly number[];
  /** For each token the index of the medium that it sees, among all media of the row so far, these included; -1 for none. */
  readonly mediaOf: readonly number[];
  /** Media that are new in these tokens. */
  readonly media: readonly EncodedMedium[];
}

interface ContextRow {
  readonly length: number;
  readonly media: readonly EncodedMedium[];
}

/** Positions by which caches grow, so that not every token means a new shape. */
const bucket = 64;

/**
 * What the language model has read, in one or more rows: keys and values of every block, which stay with the runtime. Reading on costs only the new tokens; a
 * copy can be read on in several ways.
 */
export class LanguageContext {
  private readonly sessions: ModelSessions;
  private readonly useMedia: boolean;
  private readonly caches: ReadonlyMap<string, Variable>;
  private readonly feeds: MediaFeeds;
  private rows: readonly ContextRow[];

  private constructor(sessions: ModelSessions, useMedia: boolean, caches: ReadonlyMap<string, Variable>, rows: readonly ContextRow[]) {
    this.sessions = sessions;
    this.useMedia = useMedia;
    this.caches = caches;
    this.rows = rows;
    this.feeds = new MediaFeeds(sessions);
  }

  /** One row that has read nothing. @param useMedia - false: the language model alone, whatever pictures there are */
  static async create(sessions: ModelSessions, useMedia = true): Promise<LanguageContext> {
    const { network, runtime } = sessions;
    const { blocks, keyHeads, headDim } = network.config.language;
    const count = blocks + (useMedia ? network.fusion.grafted.length : 0);
    const shape = [1, keyHeads, bucket, headDim];
    const caches = new Map<string, Variable>();
    for (let i = 0; i < count; i++) {
      for (const kind of ["key", "value"])
        caches.set(`${i}.${kind}`, await runtime.variable({ dtype: "float32", shape, data: new Float32Array(keyHeads * bucket * headDim) }));
    }
    return new LanguageContext(sessions, useMedia, caches, [{ length: 0, media: [] }]);
  }

  get rowCount(): number {
    return this.rows.length;
  }

  /** Tokens read in a row. */
  length(row: number): number {
    return this.rows[row]!.length;
  }

  /** Media seen in a row. */
  mediaCount(row: number): number {
    return this.rows[row]!.media.length;
  }

  /** A new context of these rows, in this order; the old one stays as it is. */
  async fork(rows: readonly number[]): Promise<LanguageContext> {
    const caches = new Map<string, Variable>();
    for (const [name, cache] of this.caches) caches.set(name, await cache.gatherRows(rows));
    return new LanguageContext(
      this.sessions,
      this.useMedia,
      caches,
      rows.map((row) => this.rows[row]!),
    );
  }

  /**
   * Reads on in every row.
   * @param next - one per row, each at least one token
   * @param at - whether scores are wanted after every token or after the last one of each row
   * @returns for each row scores of the next token: float32 [tokens or 1, vocabulary], row-major
   * @throws DataError when a row becomes longer than the model allows
   */
  async read(next: readonly NextTokens[], at: "last" | "all" = "last", signal?: AbortSignal): Promise<Float32Array[]> {
    const lengths = next.map(({ tokens }) => tokens.length);
    const past = this.rows.map(({ length }) => length);
    this.checkLengths(past.map((length, row) => length + lengths[row]!));
    const rows = this.rows.map(({ length, media }, row) => ({ length: length + lengths[row]!, media: [...media, ...next[row]!.media] }));
    await this.makeRoom(Math.max(...rows.map(({ length }) => length)));
    const longest = Math.max(...lengths);
    const wanted = lengths.flatMap((length, row) =>
      Array.from({ length: at === "all" ? length : 1 }, (_, i) => row * longest + (at === "all" ? i : length - 1)),
    );
    const feeds: Record<string, HostTensor | Variable> = {
      tokens: int64(
        [next.length, longest],
        next.flatMap(({ tokens }) => [...tokens, ...new Array<number>(longest - tokens.length).fill(0)]),
      ),
      pastLengths: int64([next.length], past),
      rows: int64([wanted.length], wanted),
    };
    // An empty cache would be scored all the same, as masked columns: one column is enough for that.
    const unread = past.every((length) => length === 0);
    for (const [name, cache] of this.caches) feeds[`cache.${name}`] = unread ? blank(cache.shape) : cache;
    if (this.useMedia) {
      const { attend } = this.sessions.network.config.fusion;
      const shown = this.feeds.select(
        rows.map(({ media }) => media),
        next.map(({ mediaOf }) => mediaOf),
        attend,
      );
      Object.assign(feeds, await this.feeds.keysValues(shown.media), mediaView(shown.rows, { tokens: longest, attend, mediaPerRow: shown.mediaPerRow }));
    }
    const store = Object.fromEntries([...this.caches].map(([name, variable]) => [`new.${name}`, { variable, axis: 2, offset: past, lengths }]));
    const session = await this.sessions.language(this.useMedia);
    const { logits } = await session.run(feeds, { outputs: ["logits"], store, ...(signal === undefined ? {} : { signal }) });
    this.rows = rows;
    return splitRows(
      logits!,
      lengths.map((length) => (at === "all" ? length : 1)),
    );
  }

  async dispose(): Promise<void> {
    await this.feeds.dispose();
    for (const cache of this.caches.values()) await cache.dispose();
  }

  private checkLengths(lengths: readonly number[]): void {
    const { maxTokens } = this.sessions.network.config.language;
    const longest = Math.max(...lengths);
    if (longest > maxTokens)
      throw new DataError(`the prompt and its answer come to ${longest} tokens, the model reads at most ${maxTokens}; give fewer examples or shorter texts`);
  }

  private async makeRoom(length: number): Promise<void> {
    const [first] = this.caches.values();
    if (first === undefined || length <= first.shape[2]!) return;
    const size = Math.ceil(length / bucket) * bucket;
    for (const cache of this.caches.values()) await cache.grow(2, size);
  }
}

/** A cache [rows, keyHeads, 1, headDim] of zeros. */
function blank([rows, heads, , headDim]: readonly number[]): HostTensor {
  return { dtype: "float32", shape: [rows!, heads!, 1, headDim!], data: new Float32Array(rows! * heads! * headDim!) };
}

function int64(shape: readonly number[], values: readonly number[]): HostTensor {
  return { dtype: "int64", shape, data: BigInt64Array.from(values, BigInt) };
}

function splitRows({ shape, data }: HostTensor, counts: readonly number[]): Float32Array[] {
  const vocabulary = shape[1]!;
  const starts = counts.map((_, row) => counts.slice(0, row).reduce((sum, count) => sum + count, 0) * vocabulary);
  return counts.map((count, row) => (data as Float32Array).subarray(starts[row], starts[row]! + count * vocabulary));
}
