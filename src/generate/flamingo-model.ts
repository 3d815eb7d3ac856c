import type { ModelPullEvent } from "../checkpoint/hub/pull-event.ts";
import { loadModelFolder, type ModelFolder } from "../checkpoint/model-folder.ts";
import type { TokenizedDocument } from "../data/document.ts";
import { loadPicture } from "../data/image.ts";
import { fitted } from "../data/preprocessing.ts";
import { resize } from "../data/resize.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import { Flamingo as Network } from "../model/flamingo.ts";
import { createRuntime, type Device, type HostTensor, type Runtime } from "../runtime/runtime.ts";
import { type BeamOptions, beamSearch, type Hypothesis } from "./beam-search.ts";
import { type AnswerStart, type DecodeOptions, decode, type GeneratedPiece } from "./decode.ts";
import { EncodedMedia } from "./encoded-media.ts";
import { LanguageContext } from "./language-context.ts";
import { type EncodedMedium, MediaEncoder } from "./media-encoder.ts";
import type { Medium } from "./medium.ts";
import { ModelSessions } from "./model-sessions.ts";
import { type Example, type PromptPiece, PromptWriter } from "./prompt.ts";
import { type ScoredChoice, scoreChoices } from "./score.ts";
import { SupportSet } from "./support-set.ts";

export interface LoadOptions {
  /** Default `auto`. */
  readonly device?: Device | "auto";
  /** Default: all cores in Node. */
  readonly threads?: number;
  /** Whether the arithmetic runs in a thread of its own, so that the event loop stays free. Default: true. */
  readonly worker?: boolean;
  /** Larger pictures are refused. Default: 100 million. */
  readonly maxPixels?: number;
  /** Whether the content of a published model's files is checked, not only their sizes: it was when they were pulled. Takes minutes for large models. Default: false. */
  readonly verify?: boolean;
  /** Told what happens while a model is pulled from the Hugging Face hub. */
  readonly onProgress?: (event: ModelPullEvent) => void;
  /** Ends pulling. */
  readonly signal?: AbortSignal;
}

export interface PromptOptions {
  readonly signal?: AbortSignal;
  /** false: the language model alone reads the prompt, and sees no picture (for comparison). Default: true. */
  readonly useMedia?: boolean;
}

export type GenerateOptions = DecodeOptions & PromptOptions;
export type GenerateTextOptions = GenerateOptions & Partial<BeamOptions>;

export interface ScoreOptions extends PromptOptions {
  /** Whether a choice must be the whole answer, its end included. Default: true. */
  readonly complete?: boolean;
}

/** What a prompt may hold: a support set at its beginning, then text and media in any order. */
export type Prompt = readonly (SupportSet | PromptPiece)[];

/**
 * A loaded model. Examples that are asked about often are read once into a support set; every prompt then pays for itself alone.
 *
 * ```ts
 * const model = await Flamingo.load("nano");
 * const task = await model.supportSet([{ media: image("robin.jpg"), text: "a robin" }]);
 * console.log(await model.generateText([task, image("query.jpg")]));
 * ```
 */
export class Flamingo {
  readonly folder: ModelFolder;
  readonly tokenizer: Tokenizer;
  private readonly runtime: Runtime;
  private readonly sessions: ModelSessions;
  private readonly encoder: MediaEncoder;
  private readonly media: EncodedMedia;
  private readonly writer: PromptWriter;

  private constructor(folder: ModelFolder, runtime: Runtime, maxPixels: number | undefined) {
    this.folder = folder;
    this.tokenizer = folder.tokenizer;
    this.runtime = runtime;
    this.sessions = new ModelSessions(new Network(folder.config), folder.weights, runtime);
    this.encoder = new MediaEncoder(this.sessions, folder.preprocessing, maxPixels);
    this.media = new EncodedMedia(this.encoder);
    this.writer = new PromptWriter(folder.tokenizer, folder.description.markers, folder.description.prompt);
  }

  /**
   * @param name - a model that comes with the package (`nano`), a folder, or a model of the Hugging Face hub (`openflamingo/OpenFlamingo-3B-vitl-mpt1b`): it is pulled where
   *   it is not on the disk yet, as `flamingo pull` does, and read from there without asking the hub from then on
   * @throws CheckpointError when there is no such model, its files are damaged, or do not belong together
   * @throws RuntimeError when the device does not work here
   */
  static async load(name: string, { maxPixels, verify, onProgress, signal, ...runtime }: LoadOptions = {}): Promise<Flamingo> {
    const folder = await loadModelFolder(name, {
      ...(verify === undefined ? {} : { verify }),
      ...(onProgress === undefined ? {} : { onProgress }),
      ...(signal === undefined ? {} : { signal }),
    });
    return new Flamingo(folder, await createRuntime(runtime), maxPixels);
  }

  /** The device that computes. */
  get device(): Device {
    return this.runtime.device;
  }

  /** Reads examples once, for any number of prompts. @throws DataError when a picture cannot be read */
  async supportSet(examples: readonly Example[], { signal, useMedia = true }: PromptOptions = {}): Promise<SupportSet> {
    const context = await LanguageContext.create(this.sessions, useMedia);
    const document = this.writer.examples(examples);
    if (document.tokens.length > 0) await this.read(context, document, signal);
    return new SupportSet(context, examples.length, document.tokens.length, useMedia);
  }

  /** The answer, piece by piece. */
  async *generate(prompt: Prompt, options: GenerateOptions = {}): AsyncGenerator<GeneratedPiece> {
    const start = await this.start(prompt, options);
    try {
      yield* decode(start, options);
    } finally {
      await start.context.dispose();
    }
  }

  /** The whole answer. With `beams` above 1 the likeliest that beam search finds. */
  async generateText(prompt: Prompt, options: GenerateTextOptions = {}): Promise<string> {
    const { beams = 1, ...rest } = options;
    if (beams > 1) return this.tokenizer.decode((await this.beamSearch(prompt, { beams, ...rest }))[0]!.tokens);
    let text = "";
    for await (const piece of this.generate(prompt, rest)) text += piece.text;
    return text;
  }

  /** The likeliest answers, best first. */
  async beamSearch(prompt: Prompt, options: BeamOptions & PromptOptions): Promise<Hypothesis[]> {
    const start = await this.start(prompt, options);
    try {
      return await beamSearch(start, options);
    } finally {
      await start.context.dispose();
    }
  }

  /** Log-likelihood of each continuation, in the order given. */
  async score(prompt: Prompt, choices: readonly string[], options: ScoreOptions = {}): Promise<ScoredChoice[]> {
    const start = await this.start(prompt, options);
    try {
      return await scoreChoices(start, choices, options.complete ?? true, options.signal);
    } finally {
      await start.context.dispose();
    }
  }

  /** The frozen vision encoder's features: float32 [frames, spatial, width]. */
  async embed(medium: Medium): Promise<HostTensor> {
    return (await this.encoder.features([medium]))[0]!;
  }

  /** The medium's first picture as the encoder gets it, in `size` x `size` colours: values of 0 to 1, [size, size, 3]. */
  async thumbnail({ frames }: Medium, size: number): Promise<Float32Array> {
    const picture = fitted(await loadPicture(frames[0]!), this.folder.preprocessing);
    return Float32Array.from(resize(picture, size, size, "bilinear").data, (value) => value / 255);
  }

  /** Frees memory and ends the worker. */
  async dispose(): Promise<void> {
    await this.runtime.dispose();
  }

  private async start([first, ...rest]: Prompt, { signal, useMedia = true }: PromptOptions): Promise<AnswerStart> {
    const support = first instanceof SupportSet ? first : undefined;
    const pieces = [...(support === undefined && first !== undefined ? [first] : []), ...rest];
    if (pieces.some((piece) => piece instanceof SupportSet)) throw new Error("a support set can only be the first piece of a prompt, and only one");
    if (support !== undefined && support.useMedia !== useMedia)
      throw new Error("the support set was read with another value of useMedia; make one for this use");
    const document = this.writer.query(pieces as readonly PromptPiece[], support === undefined || support.tokens === 0);
    const context = support === undefined ? await LanguageContext.create(this.sessions, useMedia) : await support.fork();
    try {
      const logits = await this.read(context, document, signal);
      return { context, logits, tokenizer: this.tokenizer, endOfChunk: this.tokenizer.special(this.folder.description.markers.endOfChunk) };
    } catch (error) {
      await context.dispose();
      throw error;
    }
  }

  private async read(context: LanguageContext, { tokens, mediaOf, media }: TokenizedDocument<Medium>, signal: AbortSignal | undefined): Promise<Float32Array> {
    const before = context.mediaCount(0);
    const encoded: readonly EncodedMedium[] = await this.media.encode(media);
    signal?.throwIfAborted();
    // What comes before the first medium of these tokens goes on seeing the last one of the context.
    const [logits] = await context.read([{ tokens, mediaOf: mediaOf.map((index) => before + index), media: encoded }], "last", signal);
    return logits!;
  }
}
