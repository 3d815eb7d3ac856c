import type { ModelFolder } from "../checkpoint/model-folder.ts";
import type { TokenizedDocument } from "../data/document.ts";
import { DataError } from "../data/errors.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import { ConfigError } from "../model/strict-config.ts";
import { rowsAtMost, rowsTogether } from "./batch-size.ts";
import type { AnswerStart } from "./decode.ts";
import { DocumentReader } from "./document-reader.ts";
import { LanguageContext } from "./language-context.ts";
import type { MediaEncoder } from "./media-encoder.ts";
import type { Medium } from "./medium.ts";
import type { ModelSessions } from "./model-sessions.ts";
import type { ObservedTokens } from "./observed-tokens.ts";
import { checkRange, ranges } from "./option-range.ts";
import { type Example, type PromptPiece, PromptWriter } from "./prompt.ts";
import { allAtOnce, type Steps } from "./steps.ts";
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
  /** Tokens of the answer that the model has to read, all but the last. Default: none. */
  readonly room?: number;
}

/** A prompt as tokens. */
export interface WrittenPrompt {
  readonly support: SupportSet | undefined;
  /** What comes after the support set. */
  readonly document: TokenizedDocument<Medium>;
  /** Those of the support set included. */
  readonly tokens: number;
}

/** Prompts that were read together. */
export interface ReadPrompts extends AnswerStart {
  /** Of each row, which of the prompts it is: those that nobody wanted any more are left out. */
  readonly prompts: readonly number[];
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
  private readonly documents: DocumentReader;
  private readonly writer: PromptWriter;

  /** @param most - media of a prompt that are encoded before what is said about them is read. Default: as many as memory allows */
  constructor(
    { tokenizer, description: { markers, prompt } }: Pick<ModelFolder, "tokenizer" | "description">,
    sessions: ModelSessions,
    encoder: MediaEncoder,
    most?: number,
  ) {
    this.tokenizer = tokenizer;
    this.endOfChunk = tokenizer.special(markers.endOfChunk);
    this.sessions = sessions;
    this.encoder = encoder;
    this.documents = new DocumentReader(sessions, encoder, most);
    this.writer = new PromptWriter(tokenizer, markers, prompt);
  }

  /** Reads examples for prompts to begin with. @throws DataError when a picture cannot be read */
  async examples(examples: readonly Example[], { signal, useMedia = true }: PromptOptions): Promise<ReadExamples> {
    const context = LanguageContext.create(this.sessions, useMedia);
    const document = this.writer.examples(examples);
    try {
      if (document.tokens.length > 0) {
        await context.reserve(document.tokens.length);
        await allAtOnce(this.documents.inSteps(context, [document], { signal }));
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
    const { document, tokens } = this.write(prompt, options);
    for (const medium of document.media) {
      options.signal?.throwIfAborted();
      await this.encoder.check(medium);
    }
    return tokens;
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
    const written = prompts.map((prompt) => this.write(prompt, options));
    const bySupport = Map.groupBy(written.keys(), (i) => written[i]!.support);
    for (const members of bySupport.values()) {
      for (let at = 0; at < members.length; at += batch) {
        const some = members.slice(at, at + batch);
        const start = await allAtOnce(
          this.start(
            some.map((member) => written[member]!),
            options,
          ),
        );
        try {
          await answer(start, some);
        } finally {
          await start.context.dispose();
        }
      }
    }
  }

  /**
   * Reads prompts that begin with the same support set, or all with none.
   * @param gone - whether nobody wants the answer to a prompt any more, by its place: it may then be left out
   * @throws DataError when a picture cannot be read
   */
  async *start(prompts: readonly WrittenPrompt[], { signal, useMedia = true }: PromptOptions, gone?: (prompt: number) => boolean): Steps<ReadPrompts> {
    const [{ support }] = prompts as readonly [WrittenPrompt];
    if (prompts.some((prompt) => prompt.support !== support)) throw new Error("prompts that are read together must begin with the same support set");
    const context = support === undefined ? LanguageContext.create(this.sessions, useMedia, prompts.length) : await support.fork(prompts.length);
    let whole = false;
    try {
      const documents = prompts.map(({ document }) => document);
      const read = yield* this.documents.inSteps(context, documents, { signal, ...(gone === undefined ? {} : { gone }) });
      whole = true;
      return { context, prompts: read.documents, logits: read.logits, tokenizer: this.tokenizer, endOfChunk: this.endOfChunk };
    } finally {
      // Also when it is given up between two steps.
      if (!whole) await context.dispose();
    }
  }

  /**
   * Reads a prompt with its answer, and looks on where the answer's tokens are foretold.
   * @throws DataError when the answer sees no picture of the prompt, it is too long, or a picture cannot be read
   */
  async observe(prompt: Prompt, answer: readonly number[], signal: AbortSignal | undefined): Promise<ObservedAnswer> {
    const { support, document } = this.write(prompt, { room: answer.length - 1 });
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
      const next = await allAtOnce(this.documents.allButLast(context, whole, signal));
      const observed = await context.observe(next, answer.length, signal);
      if (this.sessions.network.config.fusion.attend === "last") return { observed, media: [{ index: last, medium: document.media[last]! }], others: 0 };
      return { observed, media: document.media.map((medium, index) => ({ index, medium })), others: before };
    } finally {
      await context.dispose();
    }
  }

  /** A prompt as tokens. @throws DataError when it is too long with its answer */
  write(prompt: Prompt, { useMedia = true, room = 0 }: PromptOptions & AnswerRoom): WrittenPrompt {
    const support = supportOf(prompt);
    if (support !== undefined && support.useMedia !== useMedia)
      throw new Error("the support set was read with another value of useMedia; make one for this use");
    const begins = support === undefined || support.tokens === 0;
    const pieces = support === undefined ? prompt : prompt.slice(1);
    if (pieces.some((piece) => piece instanceof SupportSet)) throw new Error("a support set can only be the first piece of a prompt, and only one");
    const document = this.writer.query(pieces as readonly PromptPiece[], begins);
    const { maxTokens } = this.sessions.network.config.language;
    const tokens = (support?.tokens ?? 0) + document.tokens.length;
    if (tokens + room > maxTokens)
      throw new DataError(
        `the prompt and its answer come to ${tokens + room} tokens, the model reads at most ${maxTokens}; give fewer examples or shorter texts${room > 0 ? `, or ask for an answer of fewer than ${room + 1} tokens` : ""}`,
      );
    return { support, document, tokens };
  }
}

function supportOf([first]: Prompt): SupportSet | undefined {
  return first instanceof SupportSet ? first : undefined;
}
