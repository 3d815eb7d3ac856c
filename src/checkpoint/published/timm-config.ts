/** timm's `config.json` of an NFNet with DeepMind's weights. */
import { z } from "zod";
import type { PixelNormalisation } from "../../data/preprocessing.ts";
import type { NfnetConfig } from "../../model/vision/nfnet.ts";
import { keys, publishedObject } from "./published-object.ts";

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
  },
  nothing: keys(
    // Nothing is resized or cropped here: drawings are made in the tower's size. The sizes for tests are those of timm's validation, which its models do not take by themselves either.
    "interpolation crop_pct crop_mode test_input_size test_crop_pct test_pool_size min_input_size fixed_input_size pool_size",
    // The classifier.
    "num_classes label_offset label_names label_descriptions classifier",
    // Where it comes from, and how it was loaded.
    "url file state_dict hf_hub_id hf_hub_filename source architecture tag custom_load first_conv",
    "license description origin_url paper_name paper_ids notes",
  ),
});

export const timmNfnet = publishedObject({
  read: {
    architecture: z.string().regex(/^dm_nfnet_f[0-6]$/, "one of dm_nfnet_f0 to dm_nfnet_f6"),
    pretrained_cfg: pretrained.nullish(),
    model_args: publishedObject({ read: {}, nothing: keys("num_classes global_pool drop_rate drop_path_rate"), only: { in_chans: [3] } }).nullish(),
  },
  nothing: keys("num_classes num_features global_pool label_names label_descriptions labels"),
}).transform(({ architecture, pretrained_cfg: given }) => {
  const imageSize = given?.input_size?.[1];
  return {
    tower: { scale: Number(architecture.at(-1)) as NfnetConfig["scale"], ...(imageSize === undefined ? {} : { imageSize }) },
    pixels: { mean: given?.mean ?? imagenet.mean, deviation: given?.std ?? imagenet.deviation },
  };
});
