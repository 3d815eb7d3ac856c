/** nano's data as they lie on disk: fetched and rendered where they are not there yet, so that training can begin at once. */
import { join, resolve } from "node:path";
import type { ShowProgress } from "flamingo-vlm/data";
import type { StoredPictures } from "flamingo-vlm/train";
import { z } from "zod";
import type { Cutout } from "./drawings/main-colours.ts";
import { type PicturedConcept, type PictureIndex, select } from "./drawings/picture-index.ts";
import { place, placementOf, placementRecipe } from "./drawings/placement.ts";
import { buildPictures, openPictureIndex, readCutout } from "./drawings/render.ts";
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

/** Every picture as it is, and two placements of it: one gently, one strongly changed. */
const versions = 3;

/** Hands and flags differ too little at this size. */
const storedDomains = new Set(["thing", "face", "person", "symbol", "glyph"]);

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

/** The drawings that may be trained on, of some domains. */
export function trainedConcepts(index: PictureIndex, domains: readonly string[]): PicturedConcept[] {
  return select(index, "train", ({ use }) => use === "train").filter(({ domain }) => domains.includes(domain));
}

/** Every drawing that may be trained on or chosen by (parts train and validation), in several placements. */
export function storedDrawings(folder: string, index: PictureIndex): StoredPictures {
  const concepts = (["train", "validation"] as const)
    .flatMap((part) => select(index, part, ({ use }) => use === "train"))
    .filter(({ domain }) => storedDomains.has(domain));
  const domainOf = new Map(concepts.flatMap(({ domain, pictures }) => pictures.map(({ id }): [string, string] => [id, domain])));
  // Decoding costs more than placing, so drawings are kept for their other versions: about 260 kB each.
  const cutouts = new Map<string, Cutout>();
  const cutout = async (id: string): Promise<Cutout> => {
    const found = cutouts.get(id) ?? (await readCutout(join(resolve(folder), "pictures", `${id}.webp`)));
    cutouts.set(id, found);
    return found;
  };
  return {
    ids: [...domainOf.keys()],
    versions,
    key: `placements ${placementRecipe}`,
    render: async (id, version, size) => place(await cutout(id), placementOf(id, domainOf.get(id)!, version), size),
  };
}
