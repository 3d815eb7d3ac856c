import { DataError } from "../data/errors.ts";
import { byteLengthOf, type HostTensor, type Session } from "../runtime/runtime.ts";
import { stepTokens } from "./batch-size.ts";
import { KeyValueCache, tokenAxis } from "./key-value-cache.ts";
import { languageFeeds, stepFeeds } from "./language-feeds.ts";
import type { EncodedMedium } from "./media-encoder.ts";
import { MediaFeeds } from "./media-feeds.ts";
import type { ModelSessions } from "./model-sessions.ts";
import { type ObservedTokens, observedTokens, rowOf } from "./observed-tokens.ts";
import { branchSteps, type NextTokens, type ReadingStep, readingSteps } from "./reading-steps.ts";
import type { Steps } from "./steps.ts";

interface ContextRow {
  /** Tokens in the row's own cache. */
  readonly length: number;
  /** Media that later tokens may see. */
  readonly media: readonly EncodedMedium[];
}

/** What all rows read first: kept once, whatever the number of rows. */
interface Prefix {
  readonly cache: KeyValueCache;
  readonly length: number;
}

/** How the language model is run. */
interface Reading {
  readonly session: Session;
  /** Default: all that are not kept. */
  readonly outputs?: readonly string[];
  readonly signal: AbortSignal | undefined;
  /** Called when the runtime has been asked, while it computes. */
  readonly begun?: (() => void) | undefined;
  /** Places that each row has in a step at least. */
  readonly least?: number;
  /** Whether the session's graph is that of one token of each row, which writes into the caches itself. */
  readonly inPlace?: boolean;
}

interface ReadStep {
  readonly step: ReadingStep;
  readonly outputs: Readonly<Record<string, HostTensor>>;
}

/** A context of one row, to be kept in a file. */
export interface ContextContent {
  readonly tokens: number;
  /** [1, keyHeads, tokens, headDim] each. */
  readonly cache: ReadonlyMap<string, HostTensor>;
  readonly media: readonly EncodedMedium[];
}

/** A product of one vector for each row is added up in another order than one of several: a prompt of one token is read as it is beside longer ones, to the last digit. */
const leastOfPrompt = 2;

/**
 * What the language model has read, in one or more rows: keys and values of every block, which stay with the runtime. Reading on costs only the new tokens. Rows that
 * begin alike share their beginning: it is neither copied nor read again.
 */
export class LanguageContext {
  private readonly sessions: ModelSessions;
  private readonly useMedia: boolean;
  private readonly prefix: Prefix | undefined;
  private readonly feeds: MediaFeeds;
  private readonly stepTokens: number;
  /** Made when the first tokens of the rows themselves are read. */
  private own: KeyValueCache | undefined;
  private rows: readonly ContextRow[];
  private disposed = false;

  private constructor(sessions: ModelSessions, useMedia: boolean, rows: readonly ContextRow[], { prefix, own }: { prefix?: Prefix; own?: KeyValueCache } = {}) {
    this.sessions = sessions;
    this.useMedia = useMedia;
    this.prefix = prefix;
    this.own = own;
    this.rows = rows;
    this.feeds = new MediaFeeds(sessions);
    this.stepTokens = stepTokens(sessions.network);
  }

  /** Rows that have read nothing. @param useMedia - false: the language model alone, whatever pictures there are */
  static create(sessions: ModelSessions, useMedia = true, rows = 1): LanguageContext {
    return new LanguageContext(
      sessions,
      useMedia,
      Array.from({ length: rows }, () => ({ length: 0, media: [] })),
    );
  }

  /** The context that {@link content} was taken from. */
  static async restore(sessions: ModelSessions, useMedia: boolean, { tokens, cache, media }: ContextContent): Promise<LanguageContext> {
    return new LanguageContext(sessions, useMedia, [{ length: tokens, media }], { own: await KeyValueCache.restore(sessions, cache) });
  }

  /** Begins to compile what reading needs. A failure is reported when something is read. */
  prepare(): void {
    this.sessions.language(this.useMedia).catch(() => {});
  }

  get rowCount(): number {
    return this.rows.length;
  }

  /** Of its own keys and values and those of the media that it still sees; what it shares is not counted. */
  get byteLength(): number {
    const media = new Set(this.rows.flatMap((row) => row.media));
    const layers = [...media].flatMap((medium) => Object.values(medium.layers));
    return layers.reduce((sum, tensor) => sum + byteLengthOf(tensor), this.own?.byteLength ?? 0);
  }

  /** Tokens read in a row. */
  length(row: number): number {
    return (this.prefix?.length ?? 0) + this.rows[row]!.length;
  }

  /** Media that a row holds: those that its next tokens may see. */
  mediaCount(row: number): number {
    return this.rows[row]!.media.length;
  }

  /** Text that goes on in a row without new media. */
  continuation(row: number, tokens: readonly number[]): NextTokens {
    const last = this.mediaCount(row) - 1;
    return { tokens, mediaOf: tokens.map(() => last), media: [] };
  }

  /** A new context of these rows, in this order; this one stays as it is. What a single row has read is shared, not copied. */
  async fork(rows: readonly number[]): Promise<LanguageContext> {
    if (this.disposed) throw new Error("what the model has read, such as a support set, was used after it was disposed");
    const { sessions, useMedia, prefix, own } = this;
    const chosen = rows.map((row) => this.rows[row]!);
    if (own !== undefined && prefix === undefined && this.rows.length === 1) {
      const shared = { cache: own.hold(), length: chosen[0]!.length };
      return new LanguageContext(
        sessions,
        useMedia,
        chosen.map(({ media }) => ({ length: 0, media })),
        { prefix: shared },
      );
    }
    prefix?.cache.hold();
    const copied = await own?.gatherRows(rows);
    return new LanguageContext(sessions, useMedia, chosen, { ...(prefix === undefined ? {} : { prefix }), ...(copied === undefined ? {} : { own: copied }) });
  }

  /** Makes its rows these ones, in this order; what stays in its place is not copied. */
  async select(rows: readonly number[]): Promise<void> {
    this.rows = rows.map((row) => this.rows[row]!);
    await this.own?.selectRows(rows);
    // A long row that has left would be computed for all the same.
    const needed = this.roomFor(Math.max(1, ...this.rows.map(({ length }) => length)));
    if (this.own !== undefined && 2 * needed <= this.own.size) await this.own.resize(needed);
  }

  /** Takes over the rows of another context that began with the same prefix, after its own; the other one is then disposed. */
  async join(other: LanguageContext): Promise<void> {
    if (other.prefix?.cache !== this.prefix?.cache || other.useMedia !== this.useMedia) throw new Error("rows that began differently cannot be read together");
    if (this.own === undefined || other.own === undefined) throw new Error("rows that have read nothing of their own cannot be joined with others");
    const size = Math.max(this.own.size, other.own.size);
    for (const cache of [this.own, other.own]) if (cache.size < size) await cache.resize(size);
    await this.own.appendRows(other.own);
    this.rows = [...this.rows, ...other.rows];
    await other.dispose();
  }

  /**
   * Reads on in every row; long texts in steps, between which it can be given up.
   * @param next - one per row, each at least one token
   * @param begun - called when the runtime has been asked for a step: what is done then is done while it computes
   * @returns for each row scores of what comes next: float32 [vocabulary]
   * @throws DataError when a row becomes longer than the model allows
   */
  async read(next: readonly NextTokens[], signal?: AbortSignal, begun?: () => void): Promise<Float32Array[]> {
    // All of a call takes one graph, whatever is compiled already: answers must not depend on when they are asked for.
    const step = this.prefix === undefined && next.every(({ tokens }) => tokens.length === 1) ? this.sessions.step(this.useMedia) : undefined;
    const session = await (step ?? this.sessions.language(this.useMedia));
    const scores = await this.scores(next, 1, { session, outputs: ["logits"], signal, begun, inPlace: step !== undefined });
    return scores.map(([last]) => last!);
  }

  /** As {@link read}, for prompts: yields between its steps. */
  async *readInSteps(next: readonly NextTokens[], signal?: AbortSignal): Steps<Float32Array[]> {
    const scores = next.map((): Float32Array => new Float32Array());
    let left = Math.max(...next.map(({ tokens }) => tokens.length));
    const session = await this.sessions.language(this.useMedia);
    for await (const { step, outputs } of this.readOn(next, 1, { session, outputs: ["logits"], signal, least: leastOfPrompt })) {
      for (const [i, { row }] of step.wanted.entries()) scores[row] = rowOf(outputs["logits"]!, i);
      left -= step.longest;
      if (left > 0) yield;
    }
    return scores;
  }

  /** As {@link read}. @returns for each row scores after every token: float32 [tokens][vocabulary] */
  async readAll(next: readonly NextTokens[], signal?: AbortSignal): Promise<Float32Array[][]> {
    const session = await this.sessions.language(this.useMedia);
    return this.scores(next, Number.POSITIVE_INFINITY, { session, outputs: ["logits"], signal });
  }

  /** As {@link read}, in a context of one row, with what the fusion layers look at where each of the last `count` tokens is read. */
  async observe(next: NextTokens, count: number, signal?: AbortSignal): Promise<ObservedTokens> {
    const session = await this.sessions.languageWithAttention();
    const steps: Readonly<Record<string, HostTensor>>[] = [];
    for await (const { step, outputs } of this.readOn([next], count, { session, signal })) if (step.wanted.length > 0) steps.push(outputs);
    return observedTokens(steps, this.sessions.network.fusion);
  }

  private async scores(next: readonly NextTokens[], last: number, reading: Reading): Promise<Float32Array[][]> {
    const scores = next.map((): Float32Array[] => []);
    for await (const { step, outputs } of this.readOn(next, last, reading))
      step.wanted.forEach(({ row }, i) => void scores[row]!.push(rowOf(outputs["logits"]!, i)));
    return scores;
  }

  /** @param last - how many tokens at the end of each row are asked about @returns every step with what it gave */
  private async *readOn(next: readonly NextTokens[], last: number, reading: Reading): AsyncGenerator<ReadStep> {
    const lengths = next.map(({ tokens }) => tokens.length);
    const total = this.rows.map(({ length }, row) => length + lengths[row]!);
    this.checkLengths(total);
    await this.makeRoom(Math.max(...total));
    // Media are there for all steps; that a row has read them counts only when it has read all.
    const held = this.rows.map(({ media }, row) => [...media, ...next[row]!.media]);
    for (const step of readingSteps(next, last, this.stepTokens, reading.least)) {
      reading.signal?.throwIfAborted();
      const outputs = await this.run(step, held, true, reading);
      this.rows = this.rows.map((row, i) => ({ ...row, length: row.length + step.rows[i]!.tokens.length }));
      yield { step, outputs };
    }
    const visible = this.sessions.network.config.fusion.attend === "last" ? -1 : 0;
    this.rows = this.rows.map(({ length }, row) => ({ length, media: held[row]!.slice(visible) }));
  }

  /**
   * Reads several continuations beside each other in every row, each as if it alone came next. Nothing is copied, and the context stays as it is.
   * @param continuations - for each row its continuations, each at least one token
   * @returns for each row and continuation scores after every token: float32 [tokens][vocabulary]
   */
  async readBranches(continuations: readonly (readonly (readonly number[])[])[], signal?: AbortSignal): Promise<Float32Array[][][]> {
    this.checkLengths(continuations.map((row, i) => this.rows[i]!.length + Math.max(0, ...row.map(({ length }) => length))));
    const held = this.rows.map(({ media }) => media);
    const scores = continuations.map((row) => row.map((): Float32Array[] => []));
    const branched = continuations.map((row, i) => row.map((tokens) => this.continuation(i, tokens)));
    const session = await this.sessions.language(this.useMedia);
    for (const step of branchSteps(branched, this.stepTokens)) {
      signal?.throwIfAborted();
      const { logits } = await this.run(step, held, false, { session, outputs: ["logits"], signal });
      step.wanted.forEach(({ row, branch }, i) => void scores[row]![branch]!.push(rowOf(logits!, i)));
    }
    return scores;
  }

  /**
   * Takes the memory for so many tokens in each row, no more: for a beginning of known length that many will share, so that it neither grows while it is read nor has places that hold nothing,
   * for which would be computed all the same.
   * @throws DataError when that is more than the model allows
   */
  async reserve(tokens: number): Promise<void> {
    this.checkLengths([tokens]);
    this.own ??= await KeyValueCache.create(this.sessions, this.useMedia, this.rows.length, tokens);
  }

  /** Of a context of one row that has read as much as was reserved, and shares nothing. */
  async content(): Promise<ContextContent> {
    const [{ length, media }] = this.rows as readonly [ContextRow];
    return { tokens: length, cache: await this.own!.read(), media };
  }

  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    await this.feeds.dispose();
    await this.prefix?.cache.release();
    await this.own?.release();
  }

  private async run(
    step: ReadingStep,
    held: readonly (readonly EncodedMedium[])[],
    keep: boolean,
    { session, outputs, signal, begun, inPlace = false }: Reading,
  ): Promise<Record<string, HostTensor>> {
    const past = this.rows.map(({ length }) => length);
    const { prefix, own } = this;
    const feeds = inPlace ? stepFeeds(step, past, own!) : languageFeeds(this.sessions, this.useMedia, step, { past, own, prefix });
    if (this.useMedia) {
      const shown = step.rows.map(({ mediaOf }, row) => ({ mediaOf, media: held[row]! }));
      Object.assign(feeds, await this.feeds.of(shown, step.longest));
    }
    const lengths = step.rows.map(({ tokens }) => tokens.length);
    const written = keep ? [...own!.variables] : [];
    const kept = inPlace
      ? { inPlace: Object.fromEntries(written.map(([name, variable]) => [`kept.${name}`, variable])) }
      : { store: Object.fromEntries(written.map(([name, variable]) => [`new.${name}`, { variable, axis: tokenAxis, offset: past, lengths }])) };
    const running = session.run(feeds, { ...kept, ...(outputs === undefined ? {} : { outputs }), ...(signal === undefined ? {} : { signal }) });
    begun?.();
    return running;
  }

  private checkLengths(own: readonly number[]): void {
    const { maxTokens } = this.sessions.network.config.language;
    const longest = (this.prefix?.length ?? 0) + Math.max(...own);
    if (longest > maxTokens)
      throw new DataError(`the prompt and its answer come to ${longest} tokens, the model reads at most ${maxTokens}; give fewer examples or shorter texts`);
  }

  private async makeRoom(length: number): Promise<void> {
    if (this.own === undefined) this.own = await KeyValueCache.create(this.sessions, this.useMedia, this.rows.length, this.roomFor(length));
    else if (length > this.own.size) await this.own.resize(this.roomFor(length));
  }

  /** Places grow in steps, so that not every token means a new shape and a copy. */
  private roomFor(length: number): number {
    return Math.min(16 * Math.ceil((length + length / 8) / 16), this.sessions.network.config.language.maxTokens);
  }
}
