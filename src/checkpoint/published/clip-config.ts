/** The `config.json` of CLIP, as Hugging Face transformers writes it, becomes the config of its image tower. */
import { z } from "zod";
import { parseConfig } from "../../model/strict-config.ts";
import { type ClipVitConfig, clipVitConfig } from "../../model/vision/clip-vit.ts";
import { CheckpointError } from "../errors.ts";

export const count = z.number().int().positive();

/** What transformers' configs of vision transformers have in common; it writes only what differs from its defaults, which are those of the smallest released towers. */
export const towerFields = {
  hidden_size: count.default(768),
  intermediate_size: count.default(3072),
  num_hidden_layers: count.default(12),
  num_attention_heads: count.default(12),
  num_channels: z.literal(3).default(3),
  image_size: count.default(224),
} as const;

const tower = z.object({
  ...towerFields,
  patch_size: count.default(32),
  hidden_act: z.enum(["gelu", "quick_gelu"]).default("quick_gelu"),
  layer_norm_eps: z.number().positive().default(1e-5),
});

type PublishedTower = Omit<z.output<typeof tower>, "hidden_act">;

/** The same by our names. */
export function towerSizes(
  published: PublishedTower,
): Pick<ClipVitConfig, "imageSize" | "patchSize" | "width" | "layers" | "heads" | "hidden" | "normEpsilon"> {
  return {
    imageSize: published.image_size,
    patchSize: published.patch_size,
    width: published.hidden_size,
    layers: published.num_hidden_layers,
    heads: published.num_attention_heads,
    hidden: published.intermediate_size,
    normEpsilon: published.layer_norm_eps,
  };
}

/**
 * @param json - the content of a `config.json`, of both towers or of the image tower alone
 * @param name - what errors call it
 * @throws CheckpointError when it is of another kind of model; ConfigError when an option is one that we do not compute
 */
export function publishedClipConfig(json: unknown, name: string): ClipVitConfig {
  const { model_type: type, vision_config: vision } = (json ?? {}) as { model_type?: unknown; vision_config?: unknown };
  if (type !== "clip" && type !== "clip_vision_model")
    throw new CheckpointError(`${name}: vision encoders of type ${JSON.stringify(type)} are not supported here, only clip and clip_vision_model`);
  const published = parseConfig(tower, type === "clip" ? vision : json, name);
  return clipVitConfig.parse({
    kind: "clip-vit",
    ...towerSizes(published),
    activation: published.hidden_act === "gelu" ? "gelu" : "quickGelu",
  });
}
