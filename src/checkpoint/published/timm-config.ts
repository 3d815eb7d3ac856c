/** timm's `config.json`: which of its architectures, and how its pictures are prepared. */
import * as z from "zod";
import type { PixelNormalisation, StatedPreprocessing } from "../../data/preprocessing.ts";
import type { VisionConfig } from "../../model/vision/vision.ts";
import { keys, publishedObject } from "./published-object.ts";
import type { WeightMap } from "./weight-map.ts";

/** Towers of timm that are one network with other numbers. */
export interface TimmFamily {
  /** For errors and lists. */
  readonly name: string;
  /** What an architecture's name says. Undefined: it is none of these. */
  tower(architecture: string): TimmTower | undefined;
}

export interface TimmTower {
  /** Of our config, without what is wanted of its features. */
  readonly config: Readonly<Record<string, unknown>> & { readonly kind: VisionConfig["kind"] };
  /** @param prefix - what the published names begin with */
  weights(config: VisionConfig, prefix: string): WeightMap;
}

const count = z.number().int().positive();
const channels = z.tuple([z.number(), z.number(), z.number()]).nullish();
const imagenet: PixelNormalisation = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };

const pretrained = publishedObject({
  read: {
    input_size: z
      .tuple([z.literal(3), count, count])
      .refine(([, height, width]) => height === width, { error: "must be square" })
      .nullish(),
    mean: channels,
    std: channels,
    interpolation: z.enum(["bicubic", "bilinear"]).nullish(),
    crop_pct: z.number().positive().max(1).nullish(),
    crop_mode: z.enum(["center", "squash"]).nullish(),
  },
  nothing: keys(
    // The sizes for tests are those of timm's validation, which its models do not take by themselves either.
    "test_input_size test_crop_pct test_pool_size min_input_size fixed_input_size pool_size",
    // The classifier.
    "num_classes label_offset label_names label_descriptions classifier",
    // Where it comes from, and how it was loaded.
    "url file state_dict hf_hub_id hf_hub_filename source architecture tag custom_load first_conv",
    "license description origin_url paper_name paper_ids notes",
  ),
});

const published = publishedObject({
  read: {
    architecture: z.string(),
    pretrained_cfg: pretrained.nullish(),
    model_args: publishedObject({ read: {}, nothing: keys("num_classes global_pool drop_rate drop_path_rate"), only: { in_chans: [3] } }).nullish(),
  },
  nothing: keys("num_classes num_features global_pool label_names label_descriptions labels"),
});

export interface TimmConfig {
  readonly architecture: string;
  /** Undefined: as the architecture's name says. */
  readonly imageSize: number | undefined;
  readonly pixels: PixelNormalisation & StatedPreprocessing;
}

/** As timm prepares pictures to measure a model: resized, then the middle. */
export const timmConfig = published.transform(({ architecture, pretrained_cfg: given }): TimmConfig => {
  const { crop_mode: mode, crop_pct: middle, interpolation } = given ?? {};
  const cropped = mode == null && middle == null ? {} : { fit: mode === "squash" ? ("squash" as const) : ("crop" as const) };
  return {
    architecture: architecture.split(".")[0]!,
    imageSize: given?.input_size?.[1],
    pixels: {
      mean: given?.mean ?? imagenet.mean,
      deviation: given?.std ?? imagenet.deviation,
      ...cropped,
      ...(middle == null || middle === 1 ? {} : { middle }),
      ...(interpolation == null ? {} : { interpolation }),
    },
  };
});
