/** A vision tower's published description becomes a config of ours, with the map of its names. */
import type * as z from "zod";
import type { PixelNormalisation, StatedPreprocessing } from "../../data/preprocessing.ts";
import { parseConfig } from "../../model/strict-config.ts";
import { type ClipVitConfig, clipVitConfig } from "../../model/vision/clip-vit.ts";
import { siglipVitConfig } from "../../model/vision/siglip-vit.ts";
import type { VisionConfig } from "../../model/vision/vision.ts";
import { vitConfig } from "../../model/vision/vit.ts";
import { CheckpointError } from "../errors.ts";
import { clip, clipTower, siglip, siglipTower, towerSizes } from "./clip-config.ts";
import { clipPreprocessing } from "./clip-preprocessing.ts";
import { besideVisual, openClipWeights, transformersClipWeights } from "./clip-weights.ts";
import { dinov2, dinov2Weights } from "./dinov2.ts";
import { openClip, openClipModel } from "./open-clip-config.ts";
import { refuseOtherArchitecture } from "./other-architectures.ts";
import type { PublishedShapes } from "./published-model.ts";
import { siglipWeights } from "./siglip-weights.ts";
import { timmConfig } from "./timm-config.ts";
import { timmNames, timmTower } from "./timm-towers.ts";
import { besideTower, towerPrefix } from "./vision-names.ts";
import { joinedMaps, type WeightMap } from "./weight-map.ts";

export interface PublishedVision {
  readonly config: VisionConfig;
  /** What the tower was trained with, and what its config says of how pictures are resized, unless a file beside its config says otherwise. */
  readonly pixels: PixelNormalisation & StatedPreprocessing;
  /** Where each `vision.*` weight is. */
  readonly weights: WeightMap;
  /** Whether its authors show it pictures of the size that the file beside its config says, and interpolate its positions. */
  readonly anySize?: boolean;
}

/** Which of a tower's features are wanted; each kind of tower has some of these. */
export interface WantedFeatures {
  readonly classToken?: boolean;
  readonly finalNorm?: boolean;
  /** Of an encoder with a classifier: how many classes it has, if their probabilities are wanted. */
  readonly classes?: number;
  /** Of a network of inverted residuals: the layers. */
  readonly features?: unknown;
}

interface Described {
  readonly json: unknown;
  readonly name: string;
  readonly wanted: WantedFeatures;
  readonly published: PublishedShapes;
}

/** Pixels between -1 and 1, of the whole picture whatever its proportions. */
const siglipPixels: PublishedVision["pixels"] = { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5], fit: "squash" };

/** The middle of pictures whose shorter edge was 256, in the colours of ImageNet. */
const dinov2Pixels: PublishedVision["pixels"] = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225], fit: "crop", middle: 224 / 256 };

/** transformers' towers, by their `model_type`. */
const towers: Readonly<Record<string, (described: Described) => PublishedVision>> = {
  clip: (described) => transformersClip(clip, described),
  clip_vision_model: (described) => transformersClip(clipTower, described),
  siglip: (described) => transformersSiglip(siglip, described),
  siglip_vision_model: (described) => transformersSiglip(siglipTower, described),
  dinov2: transformersDinov2,
  dinov2_with_registers: transformersDinov2,
};

/**
 * @param json - `config.json` of transformers (CLIP or SigLIP, whole or its image tower, DINOv2) or of timm, or `open_clip_config.json`
 * @param name - what errors call it
 * @param wanted - which of the tower's features are wanted
 * @param published - the tensors that it describes, whose names tell whether the tower was saved alone. Default: it was not
 * @throws CheckpointError when it describes another kind of tower; ConfigError when a key is not known, or an option is one that we do not compute
 */
export function publishedVision(json: unknown, name: string, wanted: WantedFeatures = {}, published: PublishedShapes = new Map()): PublishedVision {
  const given = (json ?? {}) as Readonly<Partial<Record<"model_type" | "architecture" | "model_cfg" | "vision_cfg", unknown>>>;
  const { model_type: type } = given;
  const described = { json, name, wanted, published };
  if (typeof type === "string" && Object.hasOwn(towers, type)) return towers[type]!(described);
  if (given.model_cfg !== undefined || given.vision_cfg !== undefined) return openClipTower(described, given.model_cfg !== undefined);
  if (typeof given.architecture === "string") {
    const { architecture, imageSize, pixels } = parseConfig(timmConfig, json, name);
    return { ...timmTower(architecture, { imageSize, features: { ...wanted }, prefix: "", name }), pixels };
  }
  refuseOtherArchitecture(type, name);
  throw new CheckpointError(
    `${name}: vision towers of type ${JSON.stringify(type)} are not supported; supported are ${Object.keys(towers).join(", ")} (transformers), open_clip's vision transformers, and timm's ${timmNames}`,
  );
}

type Tower = z.ZodType<z.output<typeof clipTower>>;

function transformersClip(schema: Tower, { json, name, wanted, published }: Described): PublishedVision {
  const config = clipConfig(towerSizes(parseConfig(schema, json, name)), wanted, name);
  return { config, pixels: clipPixels(config), weights: joinedMaps(transformersClipWeights(config, towerPrefix(published)), besideTower()) };
}

function transformersSiglip(schema: Tower, { json, name, wanted: { classToken: _, ...wanted }, published }: Described): PublishedVision {
  const config = parseConfig(siglipVitConfig, { kind: "siglip-vit", ...towerSizes(parseConfig(schema, json, name)), ...wanted }, name);
  return { config, pixels: siglipPixels, weights: joinedMaps(siglipWeights(config, towerPrefix(published)), besideTower()) };
}

function transformersDinov2({ json, name, wanted, published }: Described): PublishedVision {
  const config = parseConfig(vitConfig, { ...parseConfig(dinov2, json, name), ...wanted }, name);
  return { config, pixels: dinov2Pixels, weights: dinov2Weights(config, published), anySize: true };
}

function openClipTower({ json, name, wanted }: Described, whole: boolean): PublishedVision {
  const { tower, pictures } = parseConfig(whole ? openClip : openClipModel, json, name);
  if ("timm" in tower) {
    const found = timmTower(tower.timm, { imageSize: tower.imageSize, features: { ...wanted }, prefix: "visual.trunk.", name });
    const usual = found.config.kind === "siglip-vit" ? siglipPixels : clipPixels(found.config);
    return { config: found.config, pixels: { ...usual, ...pictures }, weights: joinedMaps(found.weights, besideVisual()) };
  }
  const config = clipConfig(tower, wanted, name);
  return { config, pixels: { ...clipPixels(config), ...pictures }, weights: joinedMaps(openClipWeights(config), besideVisual()) };
}

function clipConfig(sizes: Omit<z.input<typeof clipVitConfig>, "kind">, wanted: WantedFeatures, name: string): ClipVitConfig {
  return parseConfig(clipVitConfig, { kind: "clip-vit", ...sizes, ...wanted }, name);
}

function clipPixels({ imageSize }: Pick<ClipVitConfig, "imageSize">): PublishedVision["pixels"] {
  const { mean, deviation, fit } = clipPreprocessing(imageSize, "crop");
  return { mean, deviation, fit };
}
