/** timm's vision transformers whose options are those of ours: the plain ones, those of CLIP, SigLIP (1 and 2) and DINOv2. */
import type { VisionConfig } from "../../model/vision/vision.ts";
import type { TimmFamily } from "./timm-config.ts";
import { gateAndUp, layerWithBias, norm, queryKeyValue, unusedNorm, visionMap } from "./vision-names.ts";
import type { WeightMap } from "./weight-map.ts";

/** Width, layers, heads, and the width inside the feed-forward layers where it is not 4 times that. */
const sizes: Readonly<Record<string, readonly [width: number, layers: number, heads: number, hidden?: number]>> = {
  tiny: [192, 12, 3],
  small: [384, 12, 6],
  base: [768, 12, 12],
  large: [1024, 24, 16],
  huge: [1280, 32, 16],
  so400m: [1152, 27, 16, 4304],
  giantopt: [1536, 40, 16],
};

const pattern =
  /^vit_(?<size>tiny|small|base|large|huge|so400m|giantopt|giant)_patch(?<patch>\d+)(?:_(?<kind>clip|clip_quickgelu|siglip|siglip_gap|dinov2|reg4_dinov2))?(?:_(?<edge>\d+))?$/;

/** Which of the SigLIPs have the approximation of GELU that all were trained with: timm computes the others' exactly. */
const approximate = /^vit_(base_patch32|so400m_patch16|giantopt|large_patch16_siglip_(gap_)?512)/;

export const timmVit: TimmFamily = {
  name: "vit_SIZE_patchN_… (plain, clip, siglip, dinov2, reg4_dinov2)",
  tower(architecture) {
    const found = pattern.exec(architecture)?.groups;
    if (found === undefined) return undefined;
    const { size = "", patch, kind = "", edge } = found;
    const dinov2 = kind.endsWith("dinov2");
    // DINOv2's giant is another one than the name has elsewhere, with gates.
    const gated = dinov2 && size === "giant";
    const numbers = gated ? ([1536, 40, 24, 4096] as const) : sizes[size];
    if (numbers === undefined) return undefined;
    const [width, layers, heads, hidden = 4 * width] = numbers;
    const common = { imageSize: Number(edge ?? (dinov2 ? 518 : 224)), patchSize: Number(patch), width, layers, heads, hidden };
    const config = kind.startsWith("clip")
      ? ({ kind: "clip-vit", ...common, activation: kind === "clip" ? "gelu" : "quickGelu" } as const)
      : kind.startsWith("siglip")
        ? ({ kind: "siglip-vit", ...common, activation: approximate.test(architecture) ? "geluTanh" : "gelu" } as const)
        : ({ kind: "vit", ...common, activation: gated ? "swiGlu" : "gelu", layerScale: dinov2, antialias: true, ...registers(kind) } as const);
    return { config, weights: timmVitWeights };
  },
};

function registers(kind: string): object {
  return kind === "reg4_dinov2" ? { registers: 4, gathering: "unplaced" } : {};
}

/** Names of timm's VisionTransformer. */
export function timmVitWeights(config: VisionConfig, prefix = ""): WeightMap {
  if (config.kind !== "vit" && config.kind !== "clip-vit" && config.kind !== "siglip-vit") throw new Error(`${config.kind} is no vision transformer`);
  const { width, hidden = 4 * width, layers } = config;
  return visionMap(
    prefix,
    (put) => {
      if (config.kind === "clip-vit") put("patches", "patch_embed.proj.weight");
      else layerWithBias(put, "patches", "patch_embed.proj");
      put("classToken", "cls_token");
      put("registers", "reg_token");
      put("positions", "pos_embed");
      norm(put, "inputNorm", "norm_pre");
      norm(put, "finalNorm", "norm");
      for (let i = 0; i < layers; i++) {
        const [ours, theirs] = [`layers.${i}`, `blocks.${i}`];
        queryKeyValue(put, `${ours}.attention`, { weight: `${theirs}.attn.qkv.weight`, bias: `${theirs}.attn.qkv.bias` }, width);
        layerWithBias(put, `${ours}.attention.output`, `${theirs}.attn.proj`);
        norm(put, `${ours}.attentionNorm`, `${theirs}.norm1`);
        norm(put, `${ours}.feedForwardNorm`, `${theirs}.norm2`);
        put(`${ours}.attentionScale`, `${theirs}.ls1.gamma`);
        put(`${ours}.feedForwardScale`, `${theirs}.ls2.gamma`);
        if (config.activation === "swiGlu") gateAndUp(put, `${ours}.feedForward`, `${theirs}.mlp.fc1`, hidden);
        else layerWithBias(put, `${ours}.feedForward.up`, `${theirs}.mlp.fc1`);
        layerWithBias(put, `${ours}.feedForward.down`, `${theirs}.mlp.fc2`);
      }
    },
    [
      unusedNorm("norm"),
      { names: /^attn_pool\./, what: "the pooling head, which makes one vector of all patches" },
      { names: /^head\.(weight|bias)$/, what: "the head of a classifier, or the projection to where pictures and texts meet" },
    ],
  );
}
