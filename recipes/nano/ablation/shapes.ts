/** Pictures of easy-VQA of which both the shape and its colour are known from their questions. */

import type { ShowProgress } from "flamingo-vlm/data";
import { makeEasyVqa, readQuestions, type Split } from "../../easy-vqa/make.ts";

export const folder = "data/easy-vqa";

const forms: readonly string[] = ["circle", "rectangle", "triangle"];
const colours: readonly string[] = ["black", "blue", "brown", "gray", "green", "red", "teal", "yellow"];

export interface ShapePicture {
  /** Its file, within the folder. */
  readonly image: string;
  readonly form: string;
  readonly colour: string;
  readonly questions: readonly { readonly question: string; readonly answer: string }[];
}

/** @returns the first so many of a split */
export async function shapePictures(split: Split, most: number, show: ShowProgress): Promise<readonly ShapePicture[]> {
  await makeEasyVqa(folder, show);
  const pictures = Map.groupBy(await readQuestions(folder, split), ({ image }) => image);
  const known: ShapePicture[] = [];
  for (const [image, questions] of pictures) {
    const form = questions.find(({ answer }) => forms.includes(answer))?.answer;
    const colour = questions.find(({ answer }) => colours.includes(answer))?.answer;
    if (form !== undefined && colour !== undefined) known.push({ image, form, colour, questions });
    if (known.length === most) break;
  }
  return known;
}

export function kindOf({ form, colour }: ShapePicture): string {
  return `${colour} ${form}`;
}

export function captionOf(picture: ShapePicture): string {
  return `a ${kindOf(picture)} in the picture`;
}

export function filmCaptionOf(picture: ShapePicture, direction: Direction): string {
  return `a ${kindOf(picture)} moves ${direction}`;
}

/** Where a picture is moved to, in each of its versions: version 0 is the picture as it is. */
export const places = [
  [0, 0],
  [-12, 0],
  [12, 0],
  [0, -12],
  [0, 12],
] as const;

/** The versions that a film shows, one after the other. */
export const films = { right: [1, 0, 2], left: [2, 0, 1], down: [3, 0, 4], up: [4, 0, 3] } as const;
export type Direction = keyof typeof films;
export const directions = Object.keys(films) as Direction[];

export const whereQuestion = "Question: where does it move? Answer:";
