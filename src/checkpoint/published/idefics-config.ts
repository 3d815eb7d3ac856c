/** The `config.json` of IDEFICS, as transformers writes it and as the first uploads had it. */
import { z } from "zod";
import { type FlamingoConfig, parseFlamingoConfig } from "../../model/config.ts";
import { parseConfig } from "../../model/strict-config.ts";
import { publishedLanguageConfig } from "./language-config.ts";

const count = z.number().int().positive();

const published = z.object({
  additional_vocab_size: z.number().int().nonnegative().default(0),
  intermediate_size: count,
  rms_norm_eps: z.number().default(1e-6),
  cross_layer_interval: count.default(1),
  qk_layer_norms: z.boolean().default(false),
  alpha_type: z.enum(["float", "vector"]).default("float"),
  cross_layer_activation_function: z.literal("swiglu").default("swiglu"),
  // Without a resampler text would look at all of a picture's patches: no release does.
  use_resampler: z.literal(true),
  vision_config: z.object({
    embed_dim: count.default(768),
    image_size: count.default(224),
    intermediate_size: count.default(5120),
    patch_size: count.default(14),
    num_hidden_layers: count.default(32),
    num_attention_heads: count.default(16),
    num_channels: z.literal(3).default(3),
    hidden_act: z.enum(["gelu", "quick_gelu"]).default("gelu"),
    layer_norm_eps: z.number().default(1e-5),
  }),
  perceiver_config: z.object({
    resampler_n_latents: count.default(64),
    resampler_depth: count.default(6),
    resampler_n_heads: count.default(16),
    resampler_head_dim: count.default(96),
    qk_layer_norms_perceiver: z.boolean().default(false),
  }),
});

/** Keys of the first uploads, which had no parts. */
const flatVision = ["embed_dim", "image_size", "intermediate_size", "patch_size", "num_hidden_layers", "num_attention_heads", "num_channels"] as const;
const flatPerceiver = ["resampler_n_latents", "resampler_depth", "resampler_n_heads", "resampler_head_dim", "qk_layer_norms_perceiver"] as const;

/**
 * @param json - the content of a `config.json`
 * @param name - what errors call it
 * @throws ConfigError when an option is one that we do not compute
 */
export function ideficsConfig(json: unknown, name: string): FlamingoConfig {
  const { vision_config: vision, perceiver_config: perceiver, ...config } = parseConfig(published, withParts(json), name);
  const { config: language } = publishedLanguageConfig({ ...(json as object), model_type: "llama" }, name);
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
    resampler: {
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
    },
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
  const flat = json as Readonly<Record<string, unknown>>;
  const gathered = (keys: readonly string[], prefix: string, part: unknown): object => ({
    ...Object.fromEntries(keys.flatMap((key) => (prefix + key in flat ? [[key, flat[prefix + key]]] : []))),
    ...(part as object | undefined),
  });
  return {
    ...flat,
    vision_config: gathered(flatVision, "vision_", flat["vision_config"]),
    perceiver_config: gathered(flatPerceiver, "", flat["perceiver_config"]),
  };
}
