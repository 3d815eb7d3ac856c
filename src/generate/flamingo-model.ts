import { platform } from "#checkpoint-platform";
import { CheckpointError } from "../checkpoint/errors.ts";
import { loadModelFolder, type ModelFolder } from "../checkpoint/model-folder.ts";
import { fitted } from "../data/preprocessing.ts";
import { resize } from "../data/resize.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import { Flamingo as Network } from "../model/flamingo.ts";
import { formatsOf } from "../nn/scope.ts";
import type { Device, HostTensor, Runtime } from "../runtime/runtime.ts";
import { decode } from "./answer-batch.ts";
import {
  answerRoom,
  asksForBeams,
  type CheckOptions,
  type ExplainOptions,
  type GenerateOptions,
  type GenerateTextOptions,
  type ScoreOptions,
} from "./answer-options.ts";
import { AnswerScheduler, type SchedulerOptions } from "./answer-scheduler.ts";
import { type BeamOptions, beamSearch, checkBeams, type Hypothesis } from "./beam-search.ts";
import type { AnswerStart, GeneratedPiece } from "./decode.ts";
import { explainAnswer } from "./explain.ts";
import type { Explanation } from "./explanation.ts";
import { gridOf, probabilitiesOf } from "./feature-rows.ts";
import { LanguageContext } from "./language-context.ts";
import type { LoadOptions } from "./load-options.ts";
import { MediaEncoder } from "./media-encoder.ts";
import type { Medium } from "./medium.ts";
import { type ModelRuntimes, modelRuntimes } from "./model-runtimes.ts";
import { ModelSessions } from "./model-sessions.ts";
import { checkNames } from "./option-names.ts";
import { checkRange, ranges } from "./option-range.ts";
import type { Example } from "./prompt.ts";
import { type ManyOptions, type Prompt, type PromptOptions, PromptReader } from "./prompt-reader.ts";
import { checkSampling } from "./sampling.ts";
import { choiceTokens, type ScoredChoice, scoreChoices } from "./score.ts";
import { allAtOnce } from "./steps.ts";
import { type ReadingModel, SupportSet } from "./support-set.ts";
import { modelIdentity, readSupportSet } from "./support-set-file.ts";

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
  /** What was loaded, weights included. @internal */
  readonly folder: ModelFolder;
  /** Of the language model: text to token ids and back. */
  readonly tokenizer: Tokenizer;
  private readonly runtime: Runtime;
  private readonly mediaRuntime: Runtime;
  private readonly sessions: ModelSessions;
  private readonly encoder: MediaEncoder;
  private readonly prompts: PromptReader;
  private reader: Promise<ReadingModel> | undefined;

  private constructor(folder: ModelFolder, { runtime, mediaRuntime }: ModelRuntimes, maxPixels: number | undefined) {
    this.folder = folder;
    this.tokenizer = folder.tokenizer;
    this.runtime = runtime;
    this.mediaRuntime = mediaRuntime;
    this.sessions = new ModelSessions(new Network(folder.config, formatsOf(folder.weights)), folder.weights, runtime, mediaRuntime);
    this.encoder = new MediaEncoder(this.sessions, folder.preprocessing, maxPixels);
    this.prompts = new PromptReader(folder, this.sessions, this.encoder);
  }

  /**
   * @param name - a model that comes with the package (`nano`), a folder, or a model of the Hugging Face hub (`openflamingo/OpenFlamingo-3B-vitl-mpt1b`): it is pulled where
   *   it is not on the disk yet, as `flamingo pull` does, and read from there without asking the hub from then on
   * @throws CheckpointError when there is no such model, its files are damaged, or do not belong together
   * @throws RuntimeError when the device does not work here
   * @throws ConfigError when an option is out of its range
   */
  static async load(name: string, options: LoadOptions = {}): Promise<Flamingo> {
    checkNames("load", options);
    const { maxPixels, verify, mapFrom, read, onProgress, signal, ...runtime } = options;
    checkRange("maxPixels", maxPixels, ranges.maxPixels);
    const failed = new AbortController();
    const folder = loadModelFolder(name, {
      ...(verify === undefined ? {} : { verify }),
      ...(mapFrom === undefined ? {} : { mapFrom }),
      ...(read === undefined ? {} : { read }),
      ...(onProgress === undefined ? {} : { onProgress }),
      signal: AbortSignal.any([failed.signal, ...(signal === undefined ? [] : [signal])]),
    });
    try {
      const runtimes = await modelRuntimes(folder, runtime);
      return new Flamingo(await folder, runtimes, maxPixels);
    } catch (error) {
      // Nobody waits for a pull any more.
      failed.abort();
      throw error;
    }
  }

  /** The device that computes. */
  get device(): Device {
    return this.runtime.device;
  }

  /** Threads of its arithmetic. */
  get threads(): number {
    return this.runtime.threads;
  }

  /** Reads examples once, for any number of prompts. @throws DataError when a picture cannot be read */
  async supportSet(examples: readonly Example[], options: PromptOptions = {}): Promise<SupportSet> {
    checkNames("supportSet", options);
    const started = performance.now();
    const { context, tokens } = await this.prompts.examples(examples, options);
    const seconds = (performance.now() - started) / 1000;
    return new SupportSet(context, () => this.asReader(), { examples: examples.length, tokens, useMedia: options.useMedia ?? true, seconds });
  }

  /**
   * A support set that was saved: nothing is computed again, and answers are the same to the last bit.
   * @param source - its file (in a browser its address), or the bytes of it
   * @throws CheckpointError when it cannot be read, is damaged, or was made by another model
   */
  async loadSupportSet(source: string | Uint8Array): Promise<SupportSet> {
    const name = typeof source === "string" ? source : "the support set";
    const bytes = typeof source === "string" ? await readFile(source) : source;
    const { identity } = await this.asReader();
    const content = await readSupportSet(bytes, name, this.sessions, identity);
    return new SupportSet(await LanguageContext.restore(this.sessions, content.useMedia, content), () => this.asReader(), content);
  }

  /**
   * Finds what is wrong with a prompt before anything is computed for it: decodes its pictures, which are kept until it is asked as far as 64 MB of them go, and counts its tokens.
   * @returns the tokens of the prompt, those of its support set included
   * @throws DataError when it is too long with its answer, or a picture cannot be read
   */
  async check(prompt: Prompt, options: CheckOptions = {}): Promise<number> {
    checkNames("check", options);
    const room = options.choices === undefined ? answerRoom(options) : this.choiceRoom([options.choices], options);
    return this.prompts.check(prompt, { ...options, room });
  }

  /**
   * The answer, piece by piece.
   * @throws ConfigError when an option is out of its range
   * @throws DataError when the prompt is too long with its answer, or a picture cannot be read
   */
  async *generate(prompt: Prompt, options: GenerateOptions = {}): AsyncGenerator<GeneratedPiece> {
    checkNames("generate", options);
    yield* this.pieces(prompt, options);
  }

  private async *pieces(prompt: Prompt, options: GenerateOptions): AsyncGenerator<GeneratedPiece> {
    checkSampling(options);
    const { signal, ...asked } = options;
    const start = await this.start(prompt, options);
    try {
      for await (const { row: _, end, ...piece } of decode(start, [asked], signal)) if (end !== "endOfChunk" || piece.text !== "") yield piece;
    } finally {
      await start.context.dispose();
    }
  }

  /**
   * For many users at once: answers that join and leave the running batches between two tokens, each as if it were asked alone.
   *
   * ```ts
   * const scheduler = model.scheduler();
   * for await (const { text } of scheduler.answer([{ prompt: [task, image("query.jpg")], maxTokens: 20 }])) process.stdout.write(text);
   * ```
   */
  scheduler(options: SchedulerOptions = {}): AnswerScheduler {
    return new AnswerScheduler(this.sessions.network, this.prompts, options);
  }

  /** The answers to many prompts, in their order: each is what `generateText` gives for it alone, but they are read and answered together; by beam search one after the other. @throws as {@link generate} */
  async generateTexts(prompts: readonly Prompt[], options: GenerateTextOptions & ManyOptions = {}): Promise<string[]> {
    checkNames("generateTexts", options);
    const texts = prompts.map(() => "");
    if (asksForBeams(options)) {
      for (const [i, prompt] of prompts.entries()) texts[i] = await this.likeliest(prompt, options);
      return texts;
    }
    checkSampling(options);
    const { signal, ...asked } = options;
    await this.prompts.inBatches(prompts, { ...options, room: answerRoom(options) }, async (start, members) => {
      const rows = members.map(() => asked);
      for await (const { row, text } of decode(start, rows, signal)) texts[members[row]!] += text;
    });
    return texts;
  }

  /** The whole answer. With `beams` above 1 the likeliest that beam search finds. @throws as {@link generate} */
  async generateText(prompt: Prompt, options: GenerateTextOptions = {}): Promise<string> {
    checkNames("generateText", options);
    if (asksForBeams(options)) return this.likeliest(prompt, options);
    let text = "";
    for await (const piece of this.pieces(prompt, options)) text += piece.text;
    return text;
  }

  private async likeliest(prompt: Prompt, options: BeamOptions & PromptOptions): Promise<string> {
    return this.tokenizer.decode((await this.hypotheses(prompt, options))[0]!.tokens);
  }

  /** The likeliest answers, best first: as many as there are beams. @throws as {@link generate} */
  async beamSearch(prompt: Prompt, options: BeamOptions & PromptOptions): Promise<Hypothesis[]> {
    checkNames("beamSearch", options);
    return this.hypotheses(prompt, options);
  }

  private async hypotheses(prompt: Prompt, options: BeamOptions & PromptOptions): Promise<Hypothesis[]> {
    checkBeams(this.sessions.network, options);
    const start = await this.start(prompt, options);
    try {
      return await beamSearch(start, options);
    } finally {
      await start.context.dispose();
    }
  }

  /** Log-likelihood of each continuation, in the order given. */
  async score(prompt: Prompt, choices: readonly string[], options: ScoreOptions = {}): Promise<ScoredChoice[]> {
    checkNames("score", options);
    const [scored] = await this.scoreMany([prompt], [choices], options);
    return scored!;
  }

  /** As `score`, for many prompts together. @param choices - of each prompt @throws DataError when a prompt is too long with its choices, or a picture cannot be read */
  async scoreMany(prompts: readonly Prompt[], choices: readonly (readonly string[])[], options: ScoreOptions & ManyOptions = {}): Promise<ScoredChoice[][]> {
    checkNames("scoreMany", options);
    if (prompts.length !== choices.length) throw new Error(`there are ${prompts.length} prompts, but choices for ${choices.length}`);
    const scored = prompts.map((): ScoredChoice[] => []);
    await this.prompts.inBatches(prompts, { ...options, room: this.choiceRoom(choices, options) }, async (start, members) => {
      const found = await scoreChoices(
        start,
        members.map((member) => choices[member]!),
        options.complete ?? true,
        options.signal,
      );
      for (const [row, member] of members.entries()) scored[member] = found[row]!;
    });
    return scored;
  }

  /**
   * Where in the pictures the model looked for each word of an answer: which latents each cross-attention attended to, what the resampler had made those latents of, and the product of the two as a map.
   * The prompt and the answer are read once, with the answer's tokens given, and each token is explained where it is foretold: at the token before it. Another word in its place
   * would have the same map.
   *
   * The layers of the resampler are followed by attention rollout (Abnar and Zuidema, 2020): each passes on, in equal parts, what it attended to and what was there. That is a convention. It knows neither how
   * large the values were that the weights chose, nor what feed-forward layers made of them; the encoder's squares see beyond their own edges; and what one token looked at reaches later ones through
   * self-attention, which is no part of a map. So a map says where attention went, not what caused the word: to know that, change the picture and `score` the answer.
   *
   * The first call compiles graphs of its own, which hold their copy of the weights; what other calls give, and how fast, stays as it is.
   * @param answer - a text, or the tokens that `generate` gave
   * @returns numbers and texts alone: it can be written as JSON
   * @throws ConfigError when the resampler is an MLP, which attends to nothing
   * @throws DataError when the answer is empty or sees no picture of the prompt (one of a support set is not kept), they are too long together, or a picture cannot be read
   */
  async explain(prompt: Prompt, answer: string | readonly number[], options: ExplainOptions = {}): Promise<Explanation> {
    checkNames("explain", options);
    return explainAnswer(prompt, answer, options, { sessions: this.sessions, prompts: this.prompts, encoder: this.encoder, folder: this.folder });
  }

  /** The frozen vision encoder's features, those of its grid: float32 [frames, positions, width]. */
  async embed(medium: Medium): Promise<HostTensor> {
    return (await this.embedAll([medium]))[0]!;
  }

  /** As {@link embed}, of many media, whose frames are encoded together. */
  async embedAll(media: readonly Medium[]): Promise<HostTensor[]> {
    return (await this.encoder.features(media)).map((features) => gridOf(features, this.sessions.network.vision));
  }

  /** What the frozen vision encoder's own classifier says: probabilities of its classes, float32 [frames, classes]. Undefined where it has no classifier. */
  async classify(medium: Medium): Promise<HostTensor | undefined> {
    return probabilitiesOf((await this.encoder.features([medium]))[0]!, this.sessions.network.vision);
  }

  /** The medium's first picture as the encoder gets it, in `size` x `size` colours: values of 0 to 1, [size, size, 3]. */
  async thumbnail({ frames }: Medium, size: number): Promise<Float32Array> {
    const picture = fitted(await this.encoder.picture(frames[0]!), this.folder.preprocessing);
    return Float32Array.from(resize(picture, size, size, "bilinear").data, (value) => value / 255);
  }

  /** Frees memory and ends the workers. */
  async dispose(): Promise<void> {
    await Promise.all([this.runtime.dispose(), this.mediaRuntime.dispose()]);
  }

  private start(prompt: Prompt, { signal, useMedia, maxTokens }: GenerateOptions | (BeamOptions & PromptOptions)): Promise<AnswerStart> {
    const asked: PromptOptions = { ...(signal === undefined ? {} : { signal }), ...(useMedia === undefined ? {} : { useMedia }) };
    return allAtOnce(this.prompts.start([this.prompts.write(prompt, { ...asked, room: answerRoom(maxTokens === undefined ? {} : { maxTokens }) })], asked));
  }

  /** Tokens of the longest choice that the model has to read. */
  private choiceRoom(choices: readonly (readonly string[])[], { complete = true }: ScoreOptions): number {
    const end = complete ? [this.tokenizer.special(this.folder.description.markers.endOfChunk)] : [];
    return Math.max(0, ...choices.flatMap((row) => choiceTokens(row, this.tokenizer, end).map(({ length }) => length - 1)));
  }

  private asReader(): Promise<ReadingModel> {
    this.reader ??= modelIdentity(this.folder).then((identity) => ({ name: this.folder.description.name, identity }));
    return this.reader;
  }
}

async function readFile(path: string): Promise<Uint8Array> {
  try {
    return await platform.readFile(path);
  } catch (error) {
    throw new CheckpointError(`the support set ${path} cannot be read (${(error as Error).message})`, { cause: error });
  }
}
