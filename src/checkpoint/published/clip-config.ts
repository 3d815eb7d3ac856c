/** The `config.json` of CLIP and SigLIP, of both towers or of the image tower alone, as Hugging Face transformers writes it. */
import * as z from "zod";
import type { ClipVitConfig } from "../../model/vision/clip-vit.ts";
import type { ActivationName } from "../../nn/activation.ts";
import { pretrainedConfig } from "./pretrained-config.ts";
import { keys } from "./published-object.ts";

const count = z.number().int().positive();

export const activations = {
  gelu: "gelu",
  gelu_pytorch_tanh: "geluTanh",
  gelu_new: "geluTanh",
  quick_gelu: "quickGelu",
} as const satisfies Readonly<Record<string, ActivationName>>;
export const activation = z.enum(["gelu", "gelu_pytorch_tanh", "gelu_new", "quick_gelu"]);

/** What both have; transformers writes only what differs from its defaults, which are those of the smallest released towers. */
export const sizes = {
  hidden_size: count.default(768),
  intermediate_size: count.default(3072),
  num_hidden_layers: count.default(12),
  num_attention_heads: count.default(12),
  num_channels: z.literal(3).default(3),
  image_size: count.default(224),
} as const;

/** What comes after the features that are used: a projection, a pooling. */
const after = keys("projection_dim vision_use_head tie_word_embeddings");

export const clipTower = pretrainedConfig({
  read: { ...sizes, patch_size: count.default(32), hidden_act: activation.default("quick_gelu"), layer_norm_eps: z.number().positive().default(1e-5) },
  nothing: after,
});

export const siglipTower = pretrainedConfig({
  read: { ...sizes, patch_size: count.default(16), hidden_act: activation.default("gelu_pytorch_tanh"), layer_norm_eps: z.number().positive().default(1e-6) },
  nothing: after,
});

/** The text tower, and what compares both. */
const beside = keys("text_config text_config_dict projection_dim logit_scale_init_value tie_word_embeddings");

/** Old files have the image tower in two parts: where the second is there, the reference takes all of it, its defaults too. */
export const clip = pretrainedConfig({ read: { vision_config: clipTower.nullish(), vision_config_dict: clipTower.nullish() }, nothing: beside }).transform(
  ({ vision_config: part, vision_config_dict: older }) => older ?? part ?? clipTower.parse({}),
);

export const siglip = pretrainedConfig({ read: { vision_config: siglipTower.nullish() }, nothing: beside }).transform(
  ({ vision_config: part }) => part ?? siglipTower.parse({}),
);

/** The same by our names. */
export function towerSizes(
  published: z.output<typeof clipTower>,
): Required<Pick<ClipVitConfig, "imageSize" | "patchSize" | "width" | "layers" | "heads" | "activation" | "normEpsilon">> & { readonly hidden: number } {
  return {
    imageSize: published.image_size,
    patchSize: published.patch_size,
    width: published.hidden_size,
    layers: published.num_hidden_layers,
    heads: published.num_attention_heads,
    hidden: published.intermediate_size,
    activation: activations[published.hidden_act],
    normEpsilon: published.layer_norm_eps,
  };
}
