/** Photographs of another domain than the drawings, for results only. They are copyleft, so they are fetched when wanted and never shipped. */
export interface PhotographSource {
  readonly id: "tuxpaint" | "endless-sky";
  /** Debian package and the folder of the photographs in it. */
  readonly debianPackage: string;
  readonly folder: string;
  readonly licence: string;
  /** What a photograph shows, by its path below the folder; undefined where that is unclear or it is no photograph. */
  classOf(path: string): string | undefined;
}

const stampClasses: readonly (readonly [prefix: string, name: string])[] = [
  ["animals/birds/", "bird"],
  ["animals/fish/", "fish"],
  ["animals/insects/", "insect"],
  ["animals/mammals/", "mammal"],
  ["food/fruit/", "fruit"],
  ["food/vegetables/", "vegetable"],
  ["plants/flowers/", "flower"],
  ["plants/trees/", "tree"],
  ["household/tools/", "tool"],
  ["clothes/hats/", "hat"],
  ["hobbies/music/", "musical instrument"],
  ["vehicles/", "vehicle"],
];

const scenes = new Set([
  "badlands",
  "beach",
  "canyon",
  "city",
  "desert",
  "dune",
  "fields",
  "fog",
  "forest",
  "hills",
  "lava",
  "mountain",
  "sea",
  "sky",
  "snow",
  "space",
  "valley",
  "water",
]);

export const photographSources: readonly PhotographSource[] = [
  {
    id: "tuxpaint",
    debianPackage: "tuxpaint-stamps-default",
    folder: "usr/share/tuxpaint/stamps",
    licence: "GPL-2.0-or-later",
    classOf: (path) =>
      !path.endsWith(".png") || /\/(?:cartoon|toys|plastic)\//.test(path) ? undefined : stampClasses.find(([prefix]) => path.startsWith(prefix))?.[1],
  },
  {
    id: "endless-sky",
    debianPackage: "endless-sky-data",
    folder: "usr/share/games/endless-sky/images/land",
    licence: "CC-BY-SA-4.0 AND CC-BY-SA-3.0 AND public domain",
    classOf: (path) => {
      const scene = /^([a-z]+)\d*(?:-.*)?\.jpg$/.exec(path)?.[1];
      return scene !== undefined && scenes.has(scene) ? scene : undefined;
    },
  },
];

/** Path of a photograph below the folder of the unpacked ones. @param path - below its source's own folder */
export function photographFile(source: PhotographSource["id"], path: string): string {
  return `${source}/${photographSources.find(({ id }) => id === source)!.folder}/${path}`;
}

export interface Photograph {
  /** Path below the folder of the unpacked photographs. */
  readonly file: string;
  /** Of what class of things or scenes it is; undefined where it is of none that has enough of them. */
  readonly class?: string;
  /** An English sentence about it, where the source has one. */
  readonly caption?: string;
}

/** `photographs.json`: what each source shows. */
export interface PhotographIndex {
  readonly format: 1;
  readonly sources: readonly { readonly id: PhotographSource["id"]; readonly photographs: readonly Photograph[] }[];
}
