import { existsSync } from "node:fs";
import type { Command } from "commander";
import { Flamingo, image, type LoadOptions, type Prompt } from "../index.ts";
import { UsageError } from "./errors.ts";

/** What `ask` and `score` have in common: a model and a few-shot prompt. */
export interface PromptCommandOptions {
  readonly model: string;
  readonly shot: readonly string[];
  readonly image: readonly string[];
  readonly text?: string;
  readonly device: NonNullable<LoadOptions["device"]>;
  readonly threads?: number;
  readonly maxPixels?: number;
  readonly json?: boolean;
}

const collect = (value: string, all: readonly string[]): readonly string[] => [...all, value];

export function addPromptOptions(command: Command): Command {
  return command
    .option("--model <name>", "an embedded model, or a folder with a flamingo.json", "nano")
    .option("--shot <file=text>", "an example: a picture and what is said about it; may be repeated", collect, [] as readonly string[])
    .option("--image <file>", "the picture that is asked about; may be repeated", collect, [] as readonly string[])
    .option("--text <text>", "text after the picture that the answer follows, such as a question")
    .option("--device <name>", "auto, cpu, cuda or webgpu", "auto")
    .option("--threads <number>", "threads of the arithmetic (default: all cores)", Number)
    .option("--max-pixels <number>", "largest picture in pixels", Number)
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

/** Reads the examples and lays out what is asked. */
export async function preparePrompt(model: Flamingo, { shot, image: images, text }: PromptCommandOptions): Promise<Prompt> {
  if (images.length === 0 && text === undefined) throw new UsageError("nothing is asked: give --image FILE, --text TEXT, or both");
  const examples = shot.map(parseShot).map(({ file, text: said }) => ({ media: image(file), text: said }));
  const pieces = [...images.map((file) => image(file)), ...(text === undefined ? [] : [text])];
  return examples.length === 0 ? pieces : [await model.supportSet(examples), ...pieces];
}
