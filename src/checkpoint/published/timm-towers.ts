/** Every architecture of timm that is read, by its name. */
import { parseConfig } from "../../model/strict-config.ts";
import { nfnetConfig } from "../../model/vision/nfnet.ts";
import { type VisionConfig, visionConfig } from "../../model/vision/vision.ts";
import { CheckpointError } from "../errors.ts";
import { whyNotTower } from "./other-architectures.ts";
import type { TimmFamily } from "./timm-config.ts";
import { timmMobile } from "./timm-mobile.ts";
import { timmNfnetWeights } from "./timm-nfnet.ts";
import { timmVit } from "./timm-vit.ts";
import type { WeightMap } from "./weight-map.ts";

const timmNfnet: TimmFamily = {
  name: "dm_nfnet_f0 to f6",
  tower(architecture) {
    const scale = /^dm_nfnet_f([0-6])$/.exec(architecture)?.[1];
    if (scale === undefined) return undefined;
    return { config: { kind: "nfnet", scale: Number(scale) }, weights: (config, prefix) => timmNfnetWeights(nfnetConfig.parse(config), prefix) };
  },
};

const families: readonly TimmFamily[] = [timmNfnet, timmVit, timmMobile];

/** What errors and lists call them. */
export const timmNames: string = families.map(({ name }) => name).join("; ");

export interface TimmTowerOptions {
  /** Undefined: as its name says. */
  readonly imageSize?: number | undefined;
  /** What is wanted of its features. */
  readonly features: Readonly<Record<string, unknown>>;
  /** What the names of its weights begin with. */
  readonly prefix: string;
  /** What errors call the file that names it. */
  readonly name: string;
}

/** @throws CheckpointError when it is none of those; ConfigError when it cannot give what is wanted */
export function timmTower(architecture: string, { imageSize, features, prefix, name }: TimmTowerOptions): { readonly config: VisionConfig; readonly weights: WeightMap } {
  for (const family of families) {
    const tower = family.tower(architecture);
    if (tower === undefined) continue;
    const size = imageSize ?? tower.config["imageSize"];
    const sized = { ...tower.config, ...(size === undefined ? {} : { imageSize: size }), ...defaultFeatures(tower.config.kind, size), ...features };
    const config = parseConfig(visionConfig, sized, name);
    return { config, weights: tower.weights(config, prefix) };
  }
  throw new CheckpointError(`${name}: ${whyNotTower(architecture)}; timm's ${timmNames}`);
}

/** Grids of 16 and 32 pixels lie on each other only in pictures of whole cells. */
function defaultFeatures(kind: VisionConfig["kind"], size: unknown): object {
  const coarse = kind !== "nfnet" && !kind.endsWith("vit") && typeof size === "number" && size % 32 !== 0;
  return coarse ? { features: ["stride32"] } : {};
}
