import { existsSync } from "node:fs";
import type { Command } from "commander";
import {
  type CheckOptions,
  DataError,
  type Example,
  Flamingo,
  image,
  loadVideo,
  type Medium,
  type Prompt,
  type SupportSet,
  Template,
  video,
} from "../index.ts";
import { addDeviceOptions, type DeviceOptions, runtimeOptions } from "./device-options.ts";
import { UsageError } from "./errors.ts";
import { collect, inRange, refuseWithout, sharedOption } from "./option-values.ts";
import { modelProgress } from "./pull-progress.ts";
import { type FailedLine, followed, type Line, type Query, readQueries } from "./queries.ts";

/** What `ask` and `score` have in common: a model and a few-shot prompt. */
export interface PromptCommandOptions extends DeviceOptions {
  readonly model: string;
  readonly shot?: readonly string[];
  readonly support?: string;
  readonly saveSupport?: string;
  /** What is asked about: both options fill one list, in the order in which they are typed. */
  readonly image?: readonly TypedMedium[];
  readonly video?: readonly TypedMedium[];
  readonly frames?: number;
  readonly framesPerSecond?: number;
  readonly text?: string;
  readonly template?: string;
  readonly queries?: string;
  readonly keepGoing?: boolean;
  readonly maxPixels?: number;
  readonly json?: boolean;
}

export interface TypedMedium {
  readonly kind: Medium["kind"];
  readonly file: string;
}

export function addPromptOptions(command: Command): Command {
  const media: TypedMedium[] = [];
  const collectMedia =
    (kind: Medium["kind"]) =>
    (file: string): readonly TypedMedium[] => {
      media.push({ kind, file });
      return media;
    };
  command
    .option("--model <name>", "an embedded model, a folder with a flamingo.json, or a model of the Hugging Face hub", "nano")
    .option("--shot <file=text>", "an example: a picture and what is said about it; may be repeated", collect)
    .option("--support <file>", "examples that were read before, in place of --shot")
    .option("--save-support <file>", "keep what was read of the examples, for --support; asks nothing if nothing else is given")
    .option("--image <file>", "the picture that is asked about, of an animation the first frame; may be repeated", collectMedia("image"))
    .option(
      "--video <file>",
      "the same with a film (MP4, QuickTime, WebM, Matroska), an animated GIF, WebP or PNG, or a folder of frames; may be repeated",
      collectMedia("video"),
    )
    .option("--frames <number>", "frames taken of each video, evenly spread (default: as many as the model was made for)", sharedOption("frames"))
    .option("--frames-per-second <number>", "of a film, of which --frames are taken (default: 1)", inRange({ least: 0, above: true, most: 1000 }))
    .option("--text <text>", "text after the picture that the answer follows, such as a question")
    .option("--template <text>", "the prompt in one text with its markers, one for each --image and --video: <image>a dax<|endofchunk|><image>")
    .option(
      "--queries <file>",
      'many questions after the same examples, answered together: one {"image": "a.png", "text": "…"} in each line, paths relative to the file',
    )
    .option("--keep-going", "answer the other --queries where one cannot be answered; exit code 1 in the end")
    .option("--max-pixels <number>", "largest picture in pixels", sharedOption("maxPixels"))
    .option("--json", "print one JSON object");
  return addDeviceOptions(command);
}

/** `robin.jpg=a robin` as file and text: divided at the first `=` that follows the name of an existing file, else at the first one. @throws UsageError */
export function parseShot(shot: string): { file: string; text: string } {
  const places = [...shot.matchAll(/=/g)].map(({ index }) => index);
  const place = places.find((at) => existsSync(shot.slice(0, at))) ?? places[0];
  if (place === undefined || place === 0) throw new UsageError(`--shot ${shot}: write FILE=TEXT, such as --shot robin.jpg="a robin"`);
  return { file: shot.slice(0, place), text: shot.slice(place + 1) };
}

export async function loadModel({ model, maxPixels, ...options }: PromptCommandOptions): Promise<Flamingo> {
  return Flamingo.load(model, { ...runtimeOptions(options), onProgress: modelProgress(), ...(maxPixels === undefined ? {} : { maxPixels }) });
}

/** A prompt as it was typed; no file is read yet. */
export interface TypedPrompt {
  readonly support: string | undefined;
  readonly saveSupport: string | undefined;
  readonly queries: string | undefined;
  readonly keepGoing: boolean;
  readonly shots: readonly { readonly file: string; readonly text: string }[];
  readonly media: readonly TypedMedium[];
  readonly text: string | undefined;
  readonly template: string | undefined;
  readonly frames: number | undefined;
  readonly framesPerSecond: number | undefined;
  readonly maxPixels: number | undefined;
}

/** What the options ask. It is known to be complete before a model is loaded. @throws UsageError */
export function typedPrompt(options: PromptCommandOptions): TypedPrompt {
  const { shot = [], support, saveSupport, text, template, queries, keepGoing = false, frames, framesPerSecond, maxPixels } = options;
  const media = options.image ?? options.video ?? [];
  if (template !== undefined && (shot.length > 0 || text !== undefined)) throw new UsageError("--template is the whole prompt; leave --shot and --text out");
  if (template !== undefined && (support !== undefined || saveSupport !== undefined))
    throw new UsageError("--template is the whole prompt; leave --support and --save-support out, or give the examples with --shot");
  if (support !== undefined && saveSupport !== undefined) throw new UsageError("what --support has read is in a file already; leave --save-support out");
  if (support !== undefined && shot.length > 0)
    throw new UsageError("--support holds the examples; leave --shot out, or make another support set with --save-support");
  if (saveSupport !== undefined && shot.length === 0) throw new UsageError("--save-support keeps examples: give them with --shot FILE=TEXT");
  if (queries !== undefined && (media.length > 0 || text !== undefined || template !== undefined))
    throw new UsageError("--queries holds what is asked; leave --image, --video, --text and --template out");
  if (keepGoing && queries === undefined) refuseWithout("it is about many questions; give them with --queries FILE", { "--keep-going": true });
  if (template === undefined && queries === undefined && saveSupport === undefined && media.length === 0 && text === undefined)
    throw new UsageError("nothing is asked: give --image FILE, --video FILE, --text TEXT, or several of them, or --queries FILE");
  const films = media.some(({ kind }) => kind === "video");
  if (!films) refuseWithout("it is about videos; give one with --video FILE", { "--frames": frames, "--frames-per-second": framesPerSecond });
  return { shots: shot.map(parseShot), support, saveSupport, media, text, template, queries, keepGoing, frames, framesPerSecond, maxPixels };
}

export interface PreparedPrompts {
  /** One, or those of --queries in their order, or none where examples are only to be kept. Where one cannot be asked it says why, if others are to be answered all the same. */
  readonly lines: readonly Line<Prompt>[];
  /** Those that can be asked. */
  readonly prompts: readonly Prompt[];
  readonly support: SupportSet | undefined;
}

/**
 * Reads queries and videos, looks at every picture and every length, and only then has the model read the examples, once for whatever follows.
 * @param answer - what will be asked for after each prompt
 * @throws UsageError when the model takes no videos
 * @throws DataError when a prompt cannot be asked, with its line or its shot
 */
export async function preparePrompts(model: Flamingo, typed: TypedPrompt, answer: CheckOptions): Promise<PreparedPrompts> {
  const loaded = typed.support === undefined ? undefined : await model.loadSupportSet(typed.support);
  const examples = typed.shots.map(({ file, text }): Example => ({ media: image(file), text }));
  for (const [i, example] of examples.entries()) await checkShot(model, typed.shots[i]!, example);
  const before = loaded === undefined ? examples : [loaded];
  const check = async (prompt: Prompt): Promise<Prompt> => {
    await model.check([...before, ...prompt], answer);
    return prompt;
  };
  const checked = await followed(await askedPrompts(model, typed), check, (line) => report(line, typed));
  // What --template says is the whole prompt, so that its examples are in it.
  const support = loaded ?? (examples.length === 0 ? undefined : await model.supportSet(examples));
  if (typed.saveSupport !== undefined) await support!.save(typed.saveSupport);
  const lines = checked.map((line): Line<Prompt> => ("error" in line || support === undefined ? line : { ...line, content: [support, ...line.content] }));
  return { lines, prompts: lines.flatMap((line) => ("error" in line ? [] : [line.content])), support };
}

/** @throws DataError that names the shot, when it cannot be shown */
async function checkShot(model: Flamingo, { file, text }: TypedPrompt["shots"][number], example: Example): Promise<void> {
  try {
    await model.check([example], { maxTokens: 1 });
  } catch (error) {
    if (error instanceof DataError) throw new DataError(`--shot ${file}=${text}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Says what is wrong with a prompt. @throws DataError unless the others are to be answered all the same */
function report({ error, line }: FailedLine, { queries, keepGoing }: TypedPrompt): void {
  if (queries === undefined) throw new DataError(error);
  const message = `${queries}, line ${line}: ${error}`;
  if (!keepGoing) throw new DataError(`${message} (with --keep-going the other queries are answered)`);
  process.stderr.write(`${message}\n`);
}

/** What is asked after the examples. Nothing is looked at but the file of queries and videos. */
async function askedPrompts(model: Flamingo, typed: TypedPrompt): Promise<readonly Line<Prompt>[]> {
  const { text, template } = typed;
  if (typed.queries !== undefined) {
    // A picture that is asked about several times is encoded once.
    const seen = new Map<string, Medium>();
    const once = (file: string): Medium => seen.get(file) ?? seen.set(file, image(file)).get(file)!;
    const written = ({ images, text: asked }: Query): Prompt => [...images.map(once), ...(asked === undefined ? [] : [asked])];
    const queries = await readQueries(typed.queries, (line) => report(line, typed));
    return queries.map((each) => ("error" in each ? each : { ...each, content: written(each.content) }));
  }
  const media: Medium[] = [];
  for (const { kind, file } of typed.media) media.push(kind === "image" ? image(file) : await readVideo(model, file, typed));
  const prompt: Prompt = template === undefined ? [...media, ...(text === undefined ? [] : [text])] : [new Template(template, media)];
  return prompt.length === 0 ? [] : [{ line: 1, content: prompt }];
}

async function readVideo(
  { folder: { config, description, preprocessing } }: Flamingo,
  file: string,
  { frames, framesPerSecond: perSecond = 1, maxPixels }: TypedPrompt,
): Promise<Medium> {
  const made = config.resampler.kind === "none" ? 0 : config.resampler.frames;
  if (made < 2) throw new UsageError(`--video ${file}: the model ${description.name} was made for still pictures; ask about single frames with --image FILE`);
  const { background } = preprocessing;
  return video(await loadVideo(file, { frames: frames ?? made, perSecond, background, ...(maxPixels === undefined ? {} : { maxPixels }) }));
}
