/** A vision tower's published description becomes a config of ours, with the map of its names. */
import type { z } from "zod";
import type { PixelNormalisation, PreprocessingConfig } from "../../data/preprocessing.ts";
import { parseConfig } from "../../model/strict-config.ts";
import { type ClipVitConfig, clipVitConfig } from "../../model/vision/clip-vit.ts";
import { nfnetConfig } from "../../model/vision/nfnet.ts";
import { siglipVitConfig } from "../../model/vision/siglip-vit.ts";
import type { VisionConfig } from "../../model/vision/vision.ts";
import { CheckpointError } from "../errors.ts";
import { clip, clipTower, siglip, siglipTower, towerSizes } from "./clip-config.ts";
import { clipPreprocessing } from "./clip-preprocessing.ts";
import { besideVisual, openClipWeights, transformersClipWeights } from "./clip-weights.ts";
import { timmNfnetWeights } from "./nfnet-weights.ts";
import { openClip, openClipModel } from "./open-clip-config.ts";
import type { PublishedShapes } from "./published-model.ts";
import { siglipWeights } from "./siglip-weights.ts";
import { timmNfnet } from "./timm-config.ts";
import { besideTower, towerPrefix } from "./vision-names.ts";
import { joinedMaps, type WeightMap } from "./weight-map.ts";

export interface PublishedVision {
  readonly config: VisionConfig;
  /** What the tower was trained with, and what its config says of how pictures are resized, unless a file beside its config says otherwise. */
  readonly pixels: PixelNormalisation & Partial<PreprocessingConfig>;
  /** Where each `vision.*` weight is. */
  readonly weights: WeightMap;
}

interface Features {
  readonly classToken?: boolean;
  /** Of an encoder with a classifier: how many classes it has, if their probabilities are wanted. */
  readonly classes?: number;
  readonly finalNorm?: boolean;
}

/** Pixels between -1 and 1, of the whole picture whatever its proportions. */
const siglipPixels: PublishedVision["pixels"] = { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5], fit: "squash" };

/**
 * @param json - `config.json` of transformers (CLIP or SigLIP, whole or its image tower) or of timm (NFNet with DeepMind's weights), or `open_clip_config.json`
 * @param name - what errors call it
 * @param features - which of a tower's features are wanted: CLIP's class token and final norm, SigLIP's final norm, what an NFNet's classifier says
 * @param published - the tensors that it describes, whose names tell whether the tower was saved alone. Default: it was not
 * @throws CheckpointError when it describes another kind of tower; ConfigError when a key is not known, or an option is one that we do not compute
 */
export function publishedVision(json: unknown, name: string, features: Features = {}, published: PublishedShapes = new Map()): PublishedVision {
  const given = (json ?? {}) as { readonly model_type?: unknown; readonly architecture?: unknown; readonly model_cfg?: unknown; readonly vision_cfg?: unknown };
  const { model_type: type } = given;
  if (type === "siglip" || type === "siglip_vision_model") {
    const { classToken: _, ...wanted } = features;
    const sizes = towerSizes(parseConfig(type === "siglip" ? siglip : siglipTower, given, name));
    const config = parseConfig(siglipVitConfig, { kind: "siglip-vit", ...sizes, ...wanted }, name);
    return { config, pixels: siglipPixels, weights: joinedMaps(siglipWeights(config, towerPrefix(published)), besideTower()) };
  }
  if (type === "clip" || type === "clip_vision_model") {
    const config = clipConfig(towerSizes(parseConfig(type === "clip" ? clip : clipTower, given, name)), features, name);
    return { config, pixels: clipPixels(config), weights: joinedMaps(transformersClipWeights(config, towerPrefix(published)), besideTower()) };
  }
  if (given.model_cfg !== undefined || given.vision_cfg !== undefined) {
    const { tower, pictures } = parseConfig(given.model_cfg === undefined ? openClipModel : openClip, given, name);
    const config = clipConfig(tower, features, name);
    return { config, pixels: { ...clipPixels(config), ...pictures }, weights: joinedMaps(openClipWeights(config), besideVisual()) };
  }
  if (typeof given.architecture === "string") {
    const { tower, pixels } = parseConfig(timmNfnet, given, name);
    const { classes = 0 } = features;
    const config = parseConfig(nfnetConfig, { kind: "nfnet", ...tower, classes }, name);
    return { config, pixels, weights: timmNfnetWeights(config) };
  }
  throw new CheckpointError(
    `${name}: vision towers of type ${JSON.stringify(type)} are not supported; supported are clip, siglip (transformers), open_clip's vision transformers and timm's dm_nfnet_f0 to f6`,
  );
}

function clipConfig(sizes: Omit<z.input<typeof clipVitConfig>, "kind">, features: Features, name: string): ClipVitConfig {
  return parseConfig(clipVitConfig, { kind: "clip-vit", ...sizes, ...features }, name);
}

function clipPixels({ imageSize }: ClipVitConfig): PublishedVision["pixels"] {
  const { mean, deviation, fit } = clipPreprocessing(imageSize, "crop");
  return { mean, deviation, fit };
}
