import { existsSync } from "node:fs";
import type { Command } from "commander";
import { Flamingo, image, loadVideo, type Medium, type Prompt, type SupportSet, Template, video } from "../index.ts";
import { addDeviceOptions, type DeviceOptions, runtimeOptions } from "./device-options.ts";
import { UsageError } from "./errors.ts";
import { collect, positiveWholeNumber } from "./option-values.ts";
import { modelProgress } from "./pull-progress.ts";
import { type Query, readQueries } from "./queries.ts";

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
  readonly text?: string;
  readonly template?: string;
  readonly queries?: string;
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
    .option("--video <file>", "the same with an animated GIF, WebP or PNG, or a folder of frames; may be repeated", collectMedia("video"))
    .option("--frames <number>", "frames taken of each video, evenly spread (default: as many as the model was made for)", positiveWholeNumber)
    .option("--text <text>", "text after the picture that the answer follows, such as a question")
    .option("--template <text>", "the prompt in one text with its markers, one for each --image and --video: <image>a dax<|endofchunk|><image>")
    .option(
      "--queries <file>",
      'many questions after the same examples, answered together: one {"image": "a.png", "text": "…"} in each line, paths relative to the file',
    )
    .option("--max-pixels <number>", "largest picture in pixels", positiveWholeNumber)
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
  readonly shots: readonly { readonly file: string; readonly text: string }[];
  readonly media: readonly TypedMedium[];
  readonly text: string | undefined;
  readonly template: string | undefined;
  readonly frames: number | undefined;
  readonly maxPixels: number | undefined;
}

/** What the options ask. It is known to be complete before a model is loaded. @throws UsageError */
export function typedPrompt(options: PromptCommandOptions): TypedPrompt {
  const { shot = [], support, saveSupport, text, template, queries, frames, maxPixels } = options;
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
  if (template === undefined && queries === undefined && saveSupport === undefined && media.length === 0 && text === undefined)
    throw new UsageError("nothing is asked: give --image FILE, --video FILE, --text TEXT, or several of them, or --queries FILE");
  if (frames !== undefined && !media.some(({ kind }) => kind === "video")) throw new UsageError("--frames is about videos; give one with --video FILE");
  return { shots: shot.map(parseShot), support, saveSupport, media, text, template, queries, frames, maxPixels };
}

export interface PreparedPrompts {
  /** One, or those of --queries, or none where examples are only to be kept. */
  readonly prompts: readonly Prompt[];
  readonly support: SupportSet | undefined;
}

/** Reads queries, videos and examples, once for whatever follows. @throws UsageError when the model takes no videos */
export async function preparePrompts(model: Flamingo, typed: TypedPrompt): Promise<PreparedPrompts> {
  const { text, template } = typed;
  const queries: readonly Query[] = typed.queries === undefined ? [] : await readQueries(typed.queries);
  const media: Medium[] = [];
  for (const { kind, file } of typed.media) media.push(kind === "image" ? image(file) : await readVideo(model, file, typed));
  if (template !== undefined) return { prompts: [[new Template(template, media)]], support: undefined };
  const support = await prepareSupport(model, typed);
  const seen = new Map<string, Medium>();
  const once = (file: string): Medium => seen.get(file) ?? seen.set(file, image(file)).get(file)!;
  const asked: Prompt[] =
    typed.queries === undefined
      ? [[...media, ...(text === undefined ? [] : [text])]]
      : queries.map((query) => [...query.images.map(once), ...(query.text === undefined ? [] : [query.text])]);
  return { prompts: asked.filter(({ length }) => length > 0).map((prompt) => (support === undefined ? prompt : [support, ...prompt])), support };
}

async function prepareSupport(model: Flamingo, { shots, support: file, saveSupport }: TypedPrompt): Promise<SupportSet | undefined> {
  if (file !== undefined) return model.loadSupportSet(file);
  if (shots.length === 0) return undefined;
  const support = await model.supportSet(shots.map((shot) => ({ media: image(shot.file), text: shot.text })));
  if (saveSupport !== undefined) await support.save(saveSupport);
  return support;
}

async function readVideo({ folder: { config, description, preprocessing } }: Flamingo, file: string, { frames, maxPixels }: TypedPrompt): Promise<Medium> {
  const made = config.resampler.frames;
  if (made < 2) throw new UsageError(`--video ${file}: the model ${description.name} was made for still pictures; ask about single frames with --image FILE`);
  const { background } = preprocessing;
  return video(await loadVideo(file, { frames: frames ?? made, background, ...(maxPixels === undefined ? {} : { maxPixels }) }));
}
