/** open_clip's `open_clip_config.json`, or one of its model configs: the image tower in it, which must be a vision transformer. */
import * as z from "zod";
import type { StatedPreprocessing } from "../../data/preprocessing.ts";
import type { clipVitConfig } from "../../model/vision/clip-vit.ts";
import { keys, publishedObject } from "./published-object.ts";

const count = z.number().int().positive();

const tower = publishedObject({
  read: {
    image_size: count.default(224),
    patch_size: count.default(16),
    width: count.default(768),
    layers: count.default(12),
    head_width: count.default(64),
    mlp_ratio: z.number().positive().default(4),
    norm_kwargs: publishedObject({ read: { eps: z.number().positive().optional() } }).nullish(),
    act_kwargs: publishedObject({ read: { approximate: z.enum(["none", "tanh"]).optional() } }).nullish(),
    /** A tower that is timm's: then its name says what the other keys say of open_clip's own. */
    timm_model_name: z.string().nullish(),
  },
  nothing: keys(
    // While training only.
    "patch_dropout",
    // Whether features are given beside what is pooled of them.
    "output_tokens image_seq_len",
    // Of poolings and of what timm's towers make of their features.
    "attn_pooler_queries attn_pooler_heads n_queries",
    "timm_model_pretrained timm_pool timm_proj timm_proj_bias timm_drop timm_drop_path",
  ),
  only: {
    in_chans: [3],
    ls_init_value: [null],
    attentional_pool: [false],
    global_average_pool: [false],
    pool_type: ["tok"],
    final_ln_after_pool: [false],
    no_ln_pre: [false],
    input_patchnorm: [false],
    pos_embed_type: ["learnable"],
    block_type: [null, "default"],
    qk_norm: [false],
    scaled_cosine_attn: [false],
    scale_heads: [false],
    scale_attn_inner: [false],
    scale_attn: [false],
    scale_fc: [false],
    timm_model_kwargs: [null, {}],
  },
});

const model = {
  read: { quick_gelu: z.boolean().default(false), vision_cfg: tower },
  // The text tower, and what compares both.
  nothing: [
    "embed_dim",
    "text_cfg",
    "multimodal_cfg",
    "custom_text",
    "init_logit_scale",
    "init_logit_bias",
    "nonscalar_logit_scale",
    "output_dict",
    "cast_dtype",
  ],
};

/** One value for all channels, or one for each. */
const channels = z
  .union([z.tuple([z.number(), z.number(), z.number()]), z.number().transform((each): [number, number, number] => [each, each, each])])
  .nullish();

/** How a picture becomes square, by open_clip's names. */
const fits = { shortest: "crop", longest: "pad", squash: "squash" } as const;

const pictures = publishedObject({
  read: {
    mean: channels,
    std: channels,
    interpolation: z.enum(["bicubic", "bilinear"]).nullish(),
    resize_mode: z.enum(["shortest", "longest", "squash"]).nullish(),
    fill_color: channels,
  },
  // open_clip takes the tower's in place of this one.
  nothing: ["size"],
  only: { mode: ["RGB"] },
});

type Tower = Omit<z.input<typeof clipVitConfig>, "kind"> | { readonly timm: string; readonly imageSize: number };

interface OpenClip {
  readonly tower: Tower;
  readonly pictures: StatedPreprocessing;
}

/** The activation's own options belong to the plain one. */
const modelConfig = publishedObject(model).transform(({ quick_gelu: quick, vision_cfg: cfg }, context): Tower => {
  if (cfg.timm_model_name != null) return { timm: cfg.timm_model_name, imageSize: cfg.image_size };
  const approximate = cfg.act_kwargs?.approximate;
  if (quick && approximate !== undefined)
    context.addIssue({ code: "custom", path: ["vision_cfg", "act_kwargs"], message: "belongs to GELU, but quick_gelu is true; remove one of them" });
  return {
    imageSize: cfg.image_size,
    patchSize: cfg.patch_size,
    width: cfg.width,
    layers: cfg.layers,
    heads: Math.floor(cfg.width / cfg.head_width),
    hidden: Math.floor(cfg.width * cfg.mlp_ratio),
    activation: quick ? "quickGelu" : approximate === "tanh" ? "geluTanh" : "gelu",
    ...(cfg.norm_kwargs?.eps === undefined ? {} : { normEpsilon: cfg.norm_kwargs.eps }),
  };
});

/** Of a whole file, which has the model's config as a part. */
export const openClip = publishedObject({ read: { model_cfg: modelConfig, preprocess_cfg: pictures.nullish() } }).transform(
  ({ model_cfg: tower, preprocess_cfg: given }): OpenClip => ({
    tower,
    pictures: {
      ...(given?.mean == null ? {} : { mean: given.mean }),
      ...(given?.std == null ? {} : { deviation: given.std }),
      ...(given?.resize_mode == null ? {} : { fit: fits[given.resize_mode] }),
      ...(given?.resize_mode === "longest" ? { background: given.fill_color ?? [0, 0, 0] } : {}),
      ...(given?.interpolation == null ? {} : { interpolation: given.interpolation }),
    },
  }),
);

export const openClipModel = modelConfig.transform((tower): OpenClip => ({ tower, pictures: {} }));
