/** nano's data as they lie on disk: fetched and rendered where they are not there yet, so that training can begin at once. */
import { resolve } from "node:path";
import type { ShowProgress } from "flamingo-vlm/data";
import * as z from "zod";
import type { PictureIndex } from "./drawings/picture-index.ts";
import { buildPictures, openPictureIndex } from "./drawings/render.ts";
import { readTextCorpus } from "./episodes/read-text-corpus.ts";
import type { TextCorpus } from "./episodes/text-corpus.ts";
import { installPackages, nanoPackages } from "./packages.ts";

/** Where nano's data are. */
export const placesConfig = z.strictObject({
  /** Where the packages are installed that the data come from. */
  packages: z.string().default("data/packages"),
  /** Where the drawings are. */
  folder: z.string().default("data/nano"),
});
export type Places = z.output<typeof placesConfig>;

/** Installs the packages and reads their text. */
export async function preparedText(packages: string, show: ShowProgress): Promise<TextCorpus> {
  await preparePackages(packages, show);
  return readTextCorpus(resolve(packages));
}

/** Installs the packages and renders the drawings. */
export async function preparedDrawings({ packages, folder }: Places, show: ShowProgress, signal?: AbortSignal): Promise<PictureIndex> {
  await preparePackages(packages, show, signal);
  for await (const { done, total } of buildPictures(resolve(packages), resolve(folder))) {
    signal?.throwIfAborted();
    show(`drawings ${done}/${total}`, done === total);
  }
  return openPictureIndex(resolve(folder));
}

/** Data sets are opened beside each other; npm must not install into one folder twice at a time. */
const installing = new Map<string, Promise<void>>();

function preparePackages(packages: string, show: ShowProgress, signal?: AbortSignal): Promise<void> {
  const folder = resolve(packages);
  const install = async (): Promise<void> => {
    for await (const { done, total, current } of installPackages(folder, nanoPackages, signal))
      show(`packages ${done}/${total}${current === undefined ? "" : `: ${current}`}`, done === total);
  };
  const running = (installing.get(folder) ?? Promise.resolve()).then(install);
  installing.set(folder, running);
  return running;
}
