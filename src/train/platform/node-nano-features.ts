import { join } from "node:path";
import type { Cutout } from "../../data/nano/main-colours.ts";
import { select } from "../../data/nano/picture-index.ts";
import { place, placementOf } from "../../data/nano/placement.ts";
import { openPictureIndex, readCutout } from "../../data/nano/platform/node-pictures.ts";
import type { FeatureEncoder } from "../feature-store.ts";
import { buildFeatureStore, type FeaturesEvent } from "./node-feature-store.ts";

export interface NanoFeaturesOptions {
  /** Built by `flamingo data nano`; the store goes into its folder `features`. */
  readonly folder: string;
  readonly encoder: FeatureEncoder;
  /** The plain picture and this many less one random placements of each drawing. */
  readonly versions: number;
}

/** Hands and flags differ too little at this size. */
const domains = new Set(["thing", "face", "person", "symbol", "glyph"]);

/** Encodes every drawing that may be trained on or chosen by (parts train and validation), in several placements. */
export async function* buildNanoFeatures({ folder, encoder, versions }: NanoFeaturesOptions): AsyncGenerator<FeaturesEvent> {
  const index = await openPictureIndex(folder);
  const concepts = (["train", "validation"] as const)
    .flatMap((part) => select(index, part, ({ use }) => use === "train"))
    .filter(({ domain }) => domains.has(domain));
  const domainOf = new Map(concepts.flatMap(({ domain, pictures }) => pictures.map(({ id }): [string, string] => [id, domain])));
  // Decoding costs more than placing, so drawings are kept for their other versions: about 260 kB each.
  const cutouts = new Map<string, Cutout>();
  const cutout = async (id: string): Promise<Cutout> => {
    const found = cutouts.get(id) ?? (await readCutout(join(folder, "pictures", `${id}.webp`)));
    cutouts.set(id, found);
    return found;
  };
  yield* buildFeatureStore({
    folder: join(folder, "features"),
    encoder,
    pictures: [...domainOf.keys()],
    versions,
    render: async (id, version) => place(await cutout(id), placementOf(id, domainOf.get(id)!, version), encoder.size).data,
  });
}
