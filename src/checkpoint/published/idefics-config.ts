/** The `config.json` of IDEFICS, as transformers writes it and as the first uploads had it. */
import * as z from "zod";
import { type FlamingoConfig, parseFlamingoConfig } from "../../model/config.ts";
import { parseConfig } from "../../model/strict-config.ts";
import { llamaConfig, llamaKeys } from "./language/llama.ts";
import { pretrainedConfig } from "./pretrained-config.ts";
import { keys } from "./published-object.ts";
import { plainRotaryKeys } from "./rotary-config.ts";

const count = z.number().int().positive();

const vision = pretrainedConfig({
  read: {
    embed_dim: count.default(768),
    image_size: count.default(224),
    intermediate_size: count.default(5120),
    patch_size: count.default(14),
    num_hidden_layers: count.default(32),
    num_attention_heads: count.default(16),
    num_channels: z.literal(3).default(3),
    hidden_act: z.enum(["gelu", "quick_gelu"]).default("gelu"),
    layer_norm_eps: z.number().positive().default(1e-5),
  },
  nothing: keys("vision_model_name vision_model_params tie_word_embeddings"),
});

const perceiver = pretrainedConfig({
  read: {
    resampler_n_latents: count.default(64),
    resampler_depth: count.default(6),
    resampler_n_heads: count.default(16),
    resampler_head_dim: count.default(96),
    qk_layer_norms_perceiver: z.boolean().default(false),
  },
  // What the whole says of it counts.
  nothing: keys("use_resampler tie_word_embeddings"),
});

const published = pretrainedConfig({
  read: {
    ...llamaKeys,
    ...plainRotaryKeys,
    additional_vocab_size: z.number().int().nonnegative().default(0),
    cross_layer_interval: count.default(1),
    qk_layer_norms: z.boolean().default(false),
    alpha_type: z.enum(["float", "vector"]).default("float"),
    // The class's own default; every release says true.
    use_resampler: z.boolean().default(false),
    vision_config: vision.nullish().transform((given) => given ?? vision.parse({})),
    perceiver_config: perceiver.nullish().transform((given) => given ?? perceiver.parse({})),
  },
  nothing: keys(
    // How gates began.
    "alpha_initializer alphas_initializer_range",
    // What was trained there; here a training config says so.
    "freeze_lm_head freeze_text_layers freeze_text_module_exceptions freeze_vision_layers freeze_vision_module_exceptions",
    // Of the code that the model was trained with.
    "ffn_dim word_embed_proj_dim max_sequence_length image_token_index vision_model_name vision_model_params",
  ),
  only: { cross_layer_activation_function: ["swiglu"] },
}).transform((config, context) => ({ ...config, language: llamaConfig(config, context) }));

/** Keys of the first uploads, which had no parts. */
const flatVision = ["embed_dim", "image_size", "intermediate_size", "patch_size", "num_hidden_layers", "num_attention_heads", "num_channels"] as const;
const flatPerceiver = ["resampler_n_latents", "resampler_depth", "resampler_n_heads", "resampler_head_dim", "qk_layer_norms_perceiver"] as const;

/**
 * @param json - the content of a `config.json`
 * @param name - what errors call it
 * @throws ConfigError when a key is not known, or an option is one that we do not compute
 */
export function ideficsConfig(json: unknown, name: string): FlamingoConfig {
  const { vision_config: vision, perceiver_config: perceiver, language, ...config } = parseConfig(published, withParts(json), name);
  return parseFlamingoConfig({
    vision: {
      kind: "clip-vit",
      imageSize: vision.image_size,
      patchSize: vision.patch_size,
      width: vision.embed_dim,
      layers: vision.num_hidden_layers,
      heads: vision.num_attention_heads,
      hidden: vision.intermediate_size,
      activation: vision.hidden_act === "gelu" ? "gelu" : "quickGelu",
      classToken: true,
      normEpsilon: vision.layer_norm_eps,
    },
    resampler: config.use_resampler
      ? {
          kind: "perceiver",
          width: vision.embed_dim,
          layers: perceiver.resampler_depth,
          latents: perceiver.resampler_n_latents,
          heads: perceiver.resampler_n_heads,
          headDim: perceiver.resampler_head_dim,
          activation: "relu",
          queryKeyNorm: perceiver.qk_layer_norms_perceiver,
          finalNorm: true,
          frames: 0,
        }
      : { kind: "none" },
    language: { ...language, extraTokens: config.additional_vocab_size },
    fusion: {
      kind: "gated-cross-attention-dense",
      every: config.cross_layer_interval,
      hidden: config.intermediate_size,
      activation: "swiGlu",
      gateShape: config.alpha_type === "vector" ? "vector" : "scalar",
      norm: "rms",
      normEpsilon: config.rms_norm_eps,
      queryKeyNorm: config.qk_layer_norms,
      mediaNorm: false,
      mediaProjection: "none",
    },
  });
}

/** The first uploads' flat keys, in the parts where they are now. What both say, the part says. */
function withParts(json: unknown): unknown {
  if (typeof json !== "object" || json === null) return json;
  const flat = new Map(Object.entries(json));
  const gathered = (keys: readonly string[], prefix: string, part: unknown): object => {
    const found = keys.filter((key) => flat.has(prefix + key)).map((key) => [key, flat.get(prefix + key)] as const);
    for (const key of keys) flat.delete(prefix + key);
    return { ...Object.fromEntries(found), ...(part as object | null | undefined) };
  };
  const parts = {
    vision_config: gathered(flatVision, "vision_", flat.get("vision_config")),
    perceiver_config: gathered(flatPerceiver, "", flat.get("perceiver_config")),
  };
  return { ...Object.fromEntries(flat), ...parts };
}
