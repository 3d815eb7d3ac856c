/** A vision tower's published description becomes a config of ours, with the map of its names. */
import { z } from "zod";
import type { PixelNormalisation } from "../../data/preprocessing.ts";
import { parseConfig } from "../../model/strict-config.ts";
import { clipVitConfig } from "../../model/vision/clip-vit.ts";
import { nfnetConfig } from "../../model/vision/nfnet.ts";
import { siglipVitConfig } from "../../model/vision/siglip-vit.ts";
import type { VisionConfig } from "../../model/vision/vision.ts";
import type { ActivationName } from "../../nn/activation.ts";
import { CheckpointError } from "../errors.ts";
import { count, towerFields, towerSizes } from "./clip-config.ts";
import { clipPreprocessing } from "./clip-preprocessing.ts";
import { besideVisual, openClipWeights, transformersClipWeights } from "./clip-weights.ts";
import { timmNfnetWeights } from "./nfnet-weights.ts";
import type { PublishedShapes } from "./published-model.ts";
import { siglipWeights } from "./siglip-weights.ts";
import { besideTower, towerPrefix } from "./vision-names.ts";
import { joinedMaps, type WeightMap } from "./weight-map.ts";

export interface PublishedVision {
  readonly config: VisionConfig;
  /** What the tower was trained with, unless a file beside its config says otherwise. */
  readonly pixels: PixelNormalisation;
  /** Where each `vision.*` weight is. */
  readonly weights: WeightMap;
}

const activations = {
  gelu: "gelu",
  gelu_pytorch_tanh: "geluTanh",
  gelu_new: "geluTanh",
  quick_gelu: "quickGelu",
} as const satisfies Readonly<Record<string, ActivationName>>;
const activation = z.enum(["gelu", "gelu_pytorch_tanh", "gelu_new", "quick_gelu"]);

/** Pixels between -1 and 1. */
const siglipPixels: PixelNormalisation = { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] };
const imagenetPixels: PixelNormalisation = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };

const clip = z.object({
  ...towerFields,
  patch_size: count.default(32),
  hidden_act: activation.default("quick_gelu"),
  layer_norm_eps: z.number().default(1e-5),
});
const siglip = z.object({
  ...towerFields,
  patch_size: count.default(16),
  hidden_act: activation.default("gelu_pytorch_tanh"),
  layer_norm_eps: z.number().default(1e-6),
});

/** open_clip's `open_clip_config.json` (or one of its model configs): a vision transformer, no other kind of tower. */
const openClip = z.object({
  quick_gelu: z.boolean().default(false),
  vision_cfg: z.object({
    image_size: count.default(224),
    patch_size: count,
    width: count.default(768),
    layers: count.default(12),
    head_width: count.default(64),
    mlp_ratio: z.number().positive().default(4),
    timm_model_name: z.literal(null).optional(),
    pool_type: z.literal("tok").optional(),
    no_ln_pre: z.literal(false).optional(),
  }),
});

const channels = z.tuple([z.number(), z.number(), z.number()]);

/** What open_clip says of its pictures, where it does. */
const openClipPixels = z
  .object({ preprocess_cfg: z.object({ mean: channels.optional(), std: channels.optional() }).default({}) })
  .transform(({ preprocess_cfg: { mean, std } }) => ({ ...(mean === undefined ? {} : { mean }), ...(std === undefined ? {} : { deviation: std }) }));

/** timm's `config.json` of an NFNet. */
const timm = z.object({
  architecture: z.string().regex(/^dm_nfnet_f[0-6]$/, "one of dm_nfnet_f0 to dm_nfnet_f6"),
  pretrained_cfg: z.object({ input_size: z.tuple([z.literal(3), count, count]).optional(), mean: channels.optional(), std: channels.optional() }).default({}),
});

/**
 * @param json - `config.json` of transformers (CLIP or SigLIP, whole or its image tower) or of timm (NFNet with DeepMind's weights), or `open_clip_config.json`
 * @param name - what errors call it
 * @param features - which of a tower's features are wanted: CLIP's class token and final norm, SigLIP's final norm
 * @param published - the tensors that it describes, whose names tell whether the tower was saved alone. Default: it was not
 * @throws CheckpointError when it describes another kind of tower; ConfigError when an option is one that we do not compute
 */
export function publishedVision(
  json: unknown,
  name: string,
  features: { readonly classToken?: boolean; readonly finalNorm?: boolean } = {},
  published: PublishedShapes = new Map(),
): PublishedVision {
  const given = (json ?? {}) as {
    readonly model_type?: unknown;
    readonly vision_config?: object;
    readonly architecture?: unknown;
    readonly model_cfg?: object;
    readonly vision_cfg?: object;
  };
  const { model_type: type } = given;
  if (type === "siglip" || type === "siglip_vision_model") {
    const { classToken: _, ...wanted } = features;
    const sizes = parseConfig(siglip, given.vision_config ?? (type === "siglip" ? {} : given), name);
    const config = siglipVitConfig.parse({ kind: "siglip-vit", ...towerSizes(sizes), activation: activations[sizes.hidden_act], ...wanted });
    return { config, pixels: siglipPixels, weights: joinedMaps(siglipWeights(config, towerPrefix(published)), besideTower()) };
  }
  if (type === "clip" || type === "clip_vision_model") {
    const sizes = parseConfig(clip, given.vision_config ?? (type === "clip" ? {} : given), name);
    const config = clipVitConfig.parse({ kind: "clip-vit", ...towerSizes(sizes), activation: activations[sizes.hidden_act], ...features });
    return { config, pixels: clipPixels(config), weights: joinedMaps(transformersClipWeights(config, towerPrefix(published)), besideTower()) };
  }
  if (given.model_cfg !== undefined || given.vision_cfg !== undefined) {
    const { quick_gelu: quick, vision_cfg: cfg } = parseConfig(openClip, given.model_cfg ?? given, name);
    const { width, layers, patch_size: patchSize, image_size: imageSize, head_width: headWidth, mlp_ratio: ratio } = cfg;
    const own = { imageSize, patchSize, width, layers, heads: width / headWidth, hidden: Math.floor(width * ratio), activation: quick ? "quickGelu" : "gelu" };
    const config = clipVitConfig.parse({ kind: "clip-vit", ...own, ...features });
    return { config, pixels: { ...clipPixels(config), ...openClipPixels.parse(given) }, weights: joinedMaps(openClipWeights(config), besideVisual()) };
  }
  if (typeof given.architecture === "string") {
    const { architecture, pretrained_cfg: pretrained } = parseConfig(timm, given, name);
    const imageSize = pretrained.input_size?.[1];
    const pixels = { mean: pretrained.mean ?? imagenetPixels.mean, deviation: pretrained.std ?? imagenetPixels.deviation };
    const config = nfnetConfig.parse({ kind: "nfnet", scale: Number(architecture.at(-1)), ...(imageSize === undefined ? {} : { imageSize }) });
    return { config, pixels, weights: timmNfnetWeights(config) };
  }
  throw new CheckpointError(
    `${name}: vision towers of type ${JSON.stringify(type)} are not supported; supported are clip, siglip (transformers), open_clip's vision transformers and timm's dm_nfnet_f0 to f6`,
  );
}

function clipPixels({ imageSize }: { readonly imageSize: number }): PixelNormalisation {
  const { mean, deviation } = clipPreprocessing(imageSize, "crop");
  return { mean, deviation };
}
