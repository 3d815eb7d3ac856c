import { readdir, stat } from "node:fs/promises";
import { dirname, extname, relative, resolve } from "node:path";
import type { MediaFile, ShownExample } from "../evaluate/question.ts";
import { ShownMedia } from "../evaluate/shown-media.ts";
import type { SuiteTask } from "../evaluate/suite.ts";
import { DataError } from "../index.ts";
import { UsageError } from "./errors.ts";
import type { EvaluationPlan } from "./evaluation-plan.ts";
import { parseShot } from "./prompt-options.ts";
import { readQueries } from "./queries.ts";

export interface LabelsChoice {
  readonly shot?: readonly string[];
  readonly text?: string;
  readonly choice?: readonly string[];
  readonly maxTokens: number;
  readonly beams: number;
}

/** One of what is asked, as its line in the answers names it. */
interface AskedLine {
  readonly image: string | readonly string[];
  readonly text?: string;
}

const pictureEndings = [".avif", ".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"];

/** Questions to which nobody knows the answers: a task without any. @throws DataError when there is nothing to ask */
export async function labelsPlan(
  pictures: string,
  { shot = [], text, choice: choices, maxTokens, beams }: LabelsChoice,
): Promise<{ readonly plan: EvaluationPlan; readonly asked: readonly AskedLine[] }> {
  if (choices?.length === 1) throw new UsageError(`--choice ${choices[0]}: give two or more`);
  const isFolder = await stat(pictures).then(
    (found) => found.isDirectory(),
    (error: Error) => {
      throw new DataError(`${pictures} cannot be read (${error.message})`, { cause: error });
    },
  );
  const root = isFolder ? pictures : dirname(pictures);
  const asked = isFolder ? await picturesIn(pictures, text) : await linesOf(pictures, root, text);
  // Paths are relative to where the pictures lie, so that it is the same work wherever that is mounted.
  const media = (paths: string | readonly string[]): MediaFile[] => [paths].flat().map((path) => ({ kind: "image", path }));
  const shots = shot.map(parseShot).map(({ file, text: said }): ShownExample => ({ media: media(relative(root, resolve(file))), prompt: "", answer: said }));
  const task: SuiteTask = {
    name: "labels",
    shots: shots.length,
    maxTokens,
    secret: true,
    measure: () => undefined,
    cases: asked.map(({ image, text: prompt = "" }, id) => ({
      shots,
      query: { id: typeof image === "string" ? image : id, media: media(image), prompt, answer: "", ...(choices === undefined ? {} : { choices }) },
    })),
  };
  return {
    asked,
    plan: {
      settings: { labels: asked.length, maxTokens },
      opened: {},
      media: new ShownMedia({ fileOf: (path) => resolve(root, path) }),
      beams,
      runs: 1,
      controlShare: 0,
      hashed: "names",
      tasks: () => [task],
      submitted: ({ answer }) => answer.text,
    },
  };
}

async function picturesIn(folder: string, text: string | undefined): Promise<AskedLine[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => pictureEndings.includes(extname(name).toLowerCase()));
  if (names.length === 0) throw new DataError(`${folder} has no pictures: files that end in ${pictureEndings.join(", ")}`);
  return names.toSorted().map((image) => ({ image, ...(text === undefined ? {} : { text }) }));
}

async function linesOf(file: string, root: string, given: string | undefined): Promise<AskedLine[]> {
  const lines = await readQueries(file, ({ line, error }) => {
    throw new DataError(`${file}, line ${line}: ${error}`);
  });
  return lines.flatMap((line) => {
    if ("error" in line) return [];
    const images = line.content.images.map((path) => relative(resolve(root), path));
    const text = line.content.text ?? given;
    return [{ image: images.length === 1 ? images[0]! : images, ...(text === undefined ? {} : { text }) }];
  });
}
