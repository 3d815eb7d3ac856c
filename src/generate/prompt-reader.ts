import type { ModelFolder } from "../checkpoint/model-folder.ts";
import { cutBeforeMedia, type TokenizedDocument } from "../data/document.ts";
import { DataError } from "../data/errors.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import { ConfigError } from "../model/strict-config.ts";
import { mediaAtOnce, rowsAtMost, rowsTogether } from "./batch-size.ts";
import type { AnswerStart } from "./decode.ts";
import { EncodedMedia } from "./encoded-media.ts";
import { LanguageContext } from "./language-context.ts";
import type { MediaEncoder } from "./media-encoder.ts";
import type { Medium } from "./medium.ts";
import type { ModelSessions } from "./model-sessions.ts";
import type { ObservedTokens } from "./observed-tokens.ts";
import { checkRange, ranges } from "./option-range.ts";
import { type Example, type PromptPiece, PromptWriter } from "./prompt.ts";
import type { NextTokens } from "./reading-steps.ts";
import { SupportSet } from "./support-set.ts";

/** What a prompt may hold: a support set at its beginning, then examples, text and media in any order. */
export type Prompt = readonly (SupportSet | PromptPiece)[];

export interface PromptOptions {
  readonly signal?: AbortSignal;
  /** false: the language model alone reads the prompt, and sees no picture (for comparison). Default: true. */
  readonly useMedia?: boolean;
}

export interface ManyOptions {
  /** Prompts that are answered together: more are faster and take more memory. Default: 32, of a large model fewer: as many as take about 256 MB with short questions about one picture. */
  readonly batch?: number;
}

/** What is asked for after a prompt. */
export interface AnswerRoom {
  /** Tokens of the answer that the model has to read, all but the last; or of each prompt's answer. Default: none. */
  readonly room?: number | readonly number[];
}

/** Examples that were read, and nothing after them. */
export interface ReadExamples {
  readonly context: LanguageContext;
  readonly tokens: number;
}

/** An answer as it is foretold, token after token. */
export interface ObservedAnswer {
  readonly observed: ObservedTokens;
  /** The prompt's media that it sees, in order, each with its place among all of the prompt's. */
  readonly media: readonly { readonly index: number; readonly medium: Medium }[];
  /** Media of the support set that it sees beside them; they come first. */
  readonly others: number;
}

/** Reads prompts: encodes their media, writes them as tokens, and lets the language model read both, up to where answers begin. */
export class PromptReader {
  private readonly tokenizer: Tokenizer;
  private readonly endOfChunk: number;
  private readonly sessions: ModelSessions;
  private readonly encoder: MediaEncoder;
  private readonly media: EncodedMedia;
  private readonly writer: PromptWriter;
  private readonly mediaAtOnce: number;

  /** @param most - media of a prompt that are encoded before what is said about them is read. Default: as many as memory allows */
  constructor(
    { tokenizer, description: { markers, prompt } }: Pick<ModelFolder, "tokenizer" | "description">,
    sessions: ModelSessions,
    encoder: MediaEncoder,
    most = mediaAtOnce(sessions.network),
  ) {
    this.tokenizer = tokenizer;
    this.endOfChunk = tokenizer.special(markers.endOfChunk);
    this.sessions = sessions;
    this.encoder = encoder;
    this.media = new EncodedMedia(encoder);
    this.writer = new PromptWriter(tokenizer, markers, prompt);
    this.mediaAtOnce = most;
  }

  /** Reads examples for prompts to begin with. @throws DataError when a picture cannot be read */
  async examples(examples: readonly Example[], { signal, useMedia = true }: PromptOptions): Promise<ReadExamples> {
    const context = LanguageContext.create(this.sessions, useMedia);
    const document = this.writer.examples(examples);
    try {
      if (document.tokens.length > 0) {
        await context.reserve(document.tokens.length);
        await this.read(context, [document], signal);
      }
    } catch (error) {
      await context.dispose();
      throw error;
    }
    return { context, tokens: document.tokens.length };
  }

  /**
   * What can be said against a prompt before anything is computed for it.
   * @returns its tokens
   * @throws DataError when it is too long with its answer, or a picture cannot be read
   */
  async check(prompt: Prompt, options: PromptOptions & AnswerRoom): Promise<number> {
    const { documents, lengths } = this.written([prompt], options);
    for (const { media } of documents) {
      for (const medium of media) {
        options.signal?.throwIfAborted();
        await this.encoder.check(medium);
      }
    }
    return lengths[0]!;
  }

  /** @param answer - is given prompts that were read together, with their places among all */
  async inBatches(
    prompts: readonly Prompt[],
    { batch = rowsTogether(this.sessions.network), ...options }: PromptOptions & ManyOptions & AnswerRoom,
    answer: (start: AnswerStart, members: readonly number[]) => Promise<void>,
  ): Promise<void> {
    checkRange("batch", batch, ranges.batch);
    const most = rowsAtMost(this.sessions.network);
    if (batch > most) throw new ConfigError(`batch must be at most ${most} with this model, found ${batch}: keys and values of more take over 4 GB`);
    // All of them are looked at before the first is computed.
    for (const prompt of prompts) this.written([prompt], options);
    const bySupport = Map.groupBy(prompts.keys(), (i) => supportOf(prompts[i]!));
    for (const members of bySupport.values()) {
      for (let at = 0; at < members.length; at += batch) {
        const some = members.slice(at, at + batch);
        const start = await this.start(
          some.map((member) => prompts[member]!),
          options,
        );
        try {
          await answer(start, some);
        } finally {
          await start.context.dispose();
        }
      }
    }
  }

  /** Reads prompts that begin with the same support set, or all with none. @throws DataError when one is too long with its answer, or a picture cannot be read */
  async start(prompts: readonly Prompt[], options: PromptOptions & AnswerRoom): Promise<AnswerStart> {
    const { signal, useMedia = true } = options;
    const { support, documents } = this.written(prompts, options);
    const context = support === undefined ? LanguageContext.create(this.sessions, useMedia, prompts.length) : await support.fork(prompts.length);
    try {
      const logits = await this.read(context, documents, signal);
      return { context, logits, tokenizer: this.tokenizer, endOfChunk: this.endOfChunk };
    } catch (error) {
      await context.dispose();
      throw error;
    }
  }

  /**
   * Reads a prompt with its answer, and looks on where the answer's tokens are foretold.
   * @throws DataError when the answer sees no picture of the prompt, it is too long, or a picture cannot be read
   */
  async observe(prompt: Prompt, answer: readonly number[], signal: AbortSignal | undefined): Promise<ObservedAnswer> {
    const { support, documents } = this.written([prompt], { room: answer.length - 1 });
    const [document] = documents as readonly [TokenizedDocument<Medium>];
    const last = document.mediaOf.at(-1)!;
    if (last < 0) {
      const before = support !== undefined && support.examples > 0;
      throw new DataError(
        before
          ? "the answer looks at a picture of the support set, of which only what the model goes on with is kept: give its examples in the prompt itself"
          : "the answer looks at no picture: there is none in the prompt",
      );
    }
    // The last token is only said.
    const said = answer.slice(0, -1);
    const tokens = [...document.tokens, ...said];
    const whole = { ...document, tokens, learnt: tokens.map(() => false), mediaOf: [...document.mediaOf, ...said.map(() => last)] };
    const context = support === undefined ? LanguageContext.create(this.sessions) : await support.fork(1);
    try {
      const before = context.mediaCount(0);
      const pieces = [...cutBeforeMedia(whole, this.mediaAtOnce)];
      for (const piece of pieces.slice(0, -1)) await this.readAtOnce(context, [piece], signal);
      const [next] = await this.encoded(context, pieces.slice(-1), signal);
      const observed = await context.observe(next!, answer.length, signal);
      if (this.sessions.network.config.fusion.attend === "last") return { observed, media: [{ index: last, medium: document.media[last]! }], others: 0 };
      return { observed, media: document.media.map((medium, index) => ({ index, medium })), others: before };
    } finally {
      await context.dispose();
    }
  }

  /** Prompts that begin with the same support set, as tokens. @throws DataError when one of them is too long with its answer */
  private written(
    prompts: readonly Prompt[],
    { useMedia = true, room = 0 }: PromptOptions & AnswerRoom,
  ): { readonly support: SupportSet | undefined; readonly documents: readonly TokenizedDocument<Medium>[]; readonly lengths: readonly number[] } {
    const support = supportOf(prompts[0]!);
    if (support !== undefined && support.useMedia !== useMedia)
      throw new Error("the support set was read with another value of useMedia; make one for this use");
    const begins = support === undefined || support.tokens === 0;
    const documents = prompts.map((prompt) => {
      const pieces = support === undefined ? prompt : prompt.slice(1);
      if (pieces.some((piece) => piece instanceof SupportSet)) throw new Error("a support set can only be the first piece of a prompt, and only one");
      return this.writer.query(pieces as readonly PromptPiece[], begins);
    });
    const { maxTokens } = this.sessions.network.config.language;
    const lengths = documents.map(({ tokens }) => (support?.tokens ?? 0) + tokens.length);
    for (const [i, length] of lengths.entries()) {
      const answer = typeof room === "number" ? room : room[i]!;
      if (length + answer > maxTokens)
        throw new DataError(
          `the prompt and its answer come to ${length + answer} tokens, the model reads at most ${maxTokens}; give fewer examples or shorter texts${answer > 0 ? `, or ask for an answer of fewer than ${answer + 1} tokens` : ""}`,
        );
    }
    return { support, documents, lengths };
  }

  private async read(context: LanguageContext, documents: readonly TokenizedDocument<Medium>[], signal: AbortSignal | undefined): Promise<Float32Array[]> {
    const [document, more] = documents;
    if (document === undefined || more !== undefined) return this.readAtOnce(context, documents, signal);
    // A long prompt's media would otherwise all be there before the first of them is seen. That it is too long is told before the first is encoded.
    if (document.media.length > this.mediaAtOnce) await context.reserve(document.tokens.length);
    let logits: Float32Array[] = [];
    for (const piece of cutBeforeMedia(document, this.mediaAtOnce)) logits = await this.readAtOnce(context, [piece], signal);
    return logits;
  }

  private async readAtOnce(
    context: LanguageContext,
    documents: readonly TokenizedDocument<Medium>[],
    signal: AbortSignal | undefined,
  ): Promise<Float32Array[]> {
    return context.read(await this.encoded(context, documents, signal), signal);
  }

  private async encoded(context: LanguageContext, documents: readonly TokenizedDocument<Medium>[], signal: AbortSignal | undefined): Promise<NextTokens[]> {
    signal?.throwIfAborted();
    // While the pictures are encoded, where those have a worker of their own.
    context.prepare();
    const encoded = await this.media.encode(
      documents.flatMap(({ media }) => media),
      signal,
    );
    signal?.throwIfAborted();
    let used = 0;
    return documents.map(({ tokens, mediaOf, media }, row) => {
      const before = context.mediaCount(row);
      used += media.length;
      // What comes before the first medium of these tokens goes on seeing the last one of the context.
      return { tokens, mediaOf: mediaOf.map((index) => before + index), media: encoded.slice(used - media.length, used) };
    });
  }
}

function supportOf([first]: Prompt): SupportSet | undefined {
  return first instanceof SupportSet ? first : undefined;
}
