import { existsSync } from "node:fs";
import { type Command, Option } from "commander";
import { type Example, Flamingo, image, type LoadOptions, type Prompt, type PromptPiece, Template } from "../index.ts";
import { UsageError } from "./errors.ts";
import { collect, positiveWholeNumber } from "./option-values.ts";

/** What `ask` and `score` have in common: a model and a few-shot prompt. */
export interface PromptCommandOptions {
  readonly model: string;
  readonly shot?: readonly string[];
  readonly image?: readonly string[];
  readonly text?: string;
  readonly template?: string;
  readonly device: NonNullable<LoadOptions["device"]>;
  readonly threads?: number;
  readonly maxPixels?: number;
  readonly json?: boolean;
}

export function addPromptOptions(command: Command): Command {
  return command
    .option("--model <name>", "an embedded model, or a folder with a flamingo.json", "nano")
    .option("--shot <file=text>", "an example: a picture and what is said about it; may be repeated", collect)
    .option("--image <file>", "the picture that is asked about; may be repeated", collect)
    .option("--text <text>", "text after the picture that the answer follows, such as a question")
    .option("--template <text>", "the prompt in one text with its markers, one for each --image: <image>a dax<|endofchunk|><image>")
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
  return Flamingo.load(model, { device, ...(threads === undefined ? {} : { threads }), ...(maxPixels === undefined ? {} : { maxPixels }) });
}

/** A prompt as it was typed; no file is read yet. */
export interface TypedPrompt {
  readonly examples: readonly Example[];
  readonly pieces: readonly PromptPiece[];
}

/** What the options ask. It is known to be complete before a model is loaded. @throws UsageError */
export function typedPrompt({ shot = [], image: images = [], text, template }: PromptCommandOptions): TypedPrompt {
  if (template !== undefined) {
    if (shot.length > 0 || text !== undefined) throw new UsageError("--template is the whole prompt; leave --shot and --text out");
    return {
      examples: [],
      pieces: [
        new Template(
          template,
          images.map((file) => image(file)),
        ),
      ],
    };
  }
  if (images.length === 0 && text === undefined) throw new UsageError("nothing is asked: give --image FILE, --text TEXT, or both");
  const examples = shot.map(parseShot).map(({ file, text: said }) => ({ media: image(file), text: said }));
  return { examples, pieces: [...images.map((file) => image(file)), ...(text === undefined ? [] : [text])] };
}

/** Reads the examples, once for whatever follows. */
export async function preparePrompt(model: Flamingo, { examples, pieces }: TypedPrompt): Promise<Prompt> {
  return examples.length === 0 ? pieces : [await model.supportSet(examples), ...pieces];
}
