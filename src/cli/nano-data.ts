import { resolve } from "node:path";
import { installPackages } from "../data/nano/platform/node-packages.ts";
import { buildPictures } from "../data/nano/platform/node-pictures.ts";
import { encodeNanoPictures } from "./nano-features.ts";

/** Shows how far something is. @param last - whether it is done */
export type ShowProgress = (text: string, last: boolean) => void;

export interface NanoPicturesPlan {
  /** Where drawings and features go. */
  readonly folder: string;
  /** Where packages are installed. */
  readonly packages: string;
  /** Config of the frozen vision encoder. */
  readonly vision: object;
  /** Where its weights are, as a training config's `parts` name it. */
  readonly weights: string;
  /** Whether to encode the drawings, which takes the longest. */
  readonly features: boolean;
  readonly threads?: number | undefined;
}

/** Installs the packages that hold nano's text. What is there already is kept. */
export async function prepareNanoText(packages: string, show: ShowProgress): Promise<void> {
  for await (const { done, total, current } of installPackages(resolve(packages)))
    show(`packages ${done}/${total}${current === undefined ? "" : `: ${current}`}`, done === total);
}

/** Everything that nano's episodes need: packages, drawings, features of the frozen encoder. What is there already is kept, so an interrupted run goes on where it stopped. */
export async function prepareNanoPictures({ folder, packages, vision, weights, features, threads }: NanoPicturesPlan, show: ShowProgress): Promise<void> {
  await prepareNanoText(packages, show);
  for await (const { done, total } of buildPictures(resolve(packages), resolve(folder))) show(`drawings ${done}/${total}`, done === total);
  if (!features) return;
  for await (const { done, total, secondsLeft } of encodeNanoPictures(resolve(folder), vision, weights, threads))
    show(`features ${done}/${total}, ${Math.ceil(secondsLeft / 60)} min left`, done === total);
}
