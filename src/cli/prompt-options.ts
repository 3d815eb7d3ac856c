import { existsSync } from "node:fs";
import { type Command, Option } from "commander";
import { Flamingo, image, type LoadOptions, loadVideo, type Medium, type Prompt, Template, video } from "../index.ts";
import { UsageError } from "./errors.ts";
import { collect, positiveWholeNumber } from "./option-values.ts";
import { modelProgress } from "./pull-progress.ts";

/** What `ask` and `score` have in common: a model and a few-shot prompt. */
export interface PromptCommandOptions {
  readonly model: string;
  readonly shot?: readonly string[];
  /** What is asked about: both options fill one list, in the order in which they are typed. */
  readonly image?: readonly TypedMedium[];
  readonly video?: readonly TypedMedium[];
  readonly frames?: number;
  readonly text?: string;
  readonly template?: string;
  readonly device: NonNullable<LoadOptions["device"]>;
  readonly threads?: number;
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
  return command
    .option("--model <name>", "an embedded model, a folder with a flamingo.json, or a model of the Hugging Face hub", "nano")
    .option("--shot <file=text>", "an example: a picture and what is said about it; may be repeated", collect)
    .option("--image <file>", "the picture that is asked about, of an animation the first frame; may be repeated", collectMedia("image"))
    .option("--video <file>", "the same with an animated GIF, WebP or PNG, or a folder of frames; may be repeated", collectMedia("video"))
    .option("--frames <number>", "frames taken of each video, evenly spread (default: as many as the model was made for)", positiveWholeNumber)
    .option("--text <text>", "text after the picture that the answer follows, such as a question")
    .option("--template <text>", "the prompt in one text with its markers, one for each --image and --video: <image>a dax<|endofchunk|><image>")
    .addOption(new Option("--device <name>", "where the arithmetic runs").choices(["auto", "cpu", "cuda", "webgpu"]).default("auto"))
    .option("--threads <number>", "threads of the arithmetic (default: all cores)", positiveWholeNumber)
    .option("--max-pixels <number>", "largest picture in pixels", positiveWholeNumber)
    .option("--json", "print one JSON object");
}

/** `robin.jpg=a robin` as file and text: divided at the first `=` that follows the name of an existing file, else at the first one. @throws UsageError */
export function parseShot(shot: string): { file: string; text: string } {
  const places = [...shot.matchAll(/=/g)].map(({ index }) => index);
  const place = places.find((at) => existsSync(shot.slice(0, at))) ?? places[0];
  if (place === undefined || place === 0) throw new UsageError(`--shot ${shot}: write FILE=TEXT, such as --shot robin.jpg="a robin"`);
  return { file: shot.slice(0, place), text: shot.slice(place + 1) };
}

export async function loadModel({ model, device, threads, maxPixels }: PromptCommandOptions): Promise<Flamingo> {
  const onProgress = modelProgress();
  return Flamingo.load(model, { device, onProgress, ...(threads === undefined ? {} : { threads }), ...(maxPixels === undefined ? {} : { maxPixels }) });
}

/** A prompt as it was typed; no file is read yet. */
export interface TypedPrompt {
  readonly shots: readonly { readonly file: string; readonly text: string }[];
  readonly media: readonly TypedMedium[];
  readonly text: string | undefined;
  readonly template: string | undefined;
  readonly frames: number | undefined;
  readonly maxPixels: number | undefined;
}

/** What the options ask. It is known to be complete before a model is loaded. @throws UsageError */
export function typedPrompt(options: PromptCommandOptions): TypedPrompt {
  const { shot = [], text, template, frames, maxPixels } = options;
  const media = options.image ?? options.video ?? [];
  if (template !== undefined && (shot.length > 0 || text !== undefined)) throw new UsageError("--template is the whole prompt; leave --shot and --text out");
  if (template === undefined && media.length === 0 && text === undefined)
    throw new UsageError("nothing is asked: give --image FILE, --video FILE, --text TEXT, or several of them");
  if (frames !== undefined && !media.some(({ kind }) => kind === "video")) throw new UsageError("--frames is about videos; give one with --video FILE");
  return { shots: shot.map(parseShot), media, text, template, frames, maxPixels };
}

/** Reads videos and examples, once for whatever follows. @throws UsageError when the model takes no videos */
export async function preparePrompt(model: Flamingo, typed: TypedPrompt): Promise<Prompt> {
  const { shots, text, template } = typed;
  const media: Medium[] = [];
  for (const { kind, file } of typed.media) media.push(kind === "image" ? image(file) : await readVideo(model, file, typed));
  if (template !== undefined) return [new Template(template, media)];
  const asked = [...media, ...(text === undefined ? [] : [text])];
  return shots.length === 0 ? asked : [await model.supportSet(shots.map((shot) => ({ media: image(shot.file), text: shot.text }))), ...asked];
}

async function readVideo({ folder: { config, description, preprocessing } }: Flamingo, file: string, { frames, maxPixels }: TypedPrompt): Promise<Medium> {
  const made = config.resampler.frames;
  if (made < 2) throw new UsageError(`--video ${file}: the model ${description.name} was made for still pictures; ask about single frames with --image FILE`);
  const { background } = preprocessing;
  return video(await loadVideo(file, { frames: frames ?? made, background, ...(maxPixels === undefined ? {} : { maxPixels }) }));
}
