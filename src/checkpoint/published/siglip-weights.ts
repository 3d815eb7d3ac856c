import type { SiglipVitConfig } from "../../model/vision/siglip-vit.ts";
import { positionNumbers } from "./computed-tensors.ts";
import { layerWithBias, norm, transformersLayers, unusedNorm, visionMap } from "./vision-names.ts";
import type { WeightMap } from "./weight-map.ts";

const pooling = /^head\.(probe|attention\.(in_proj_(weight|bias)|out_proj\.(weight|bias))|layernorm\.(weight|bias)|mlp\.fc[12]\.(weight|bias))$/;

/** Names of SigLIP's image tower, as transformers' SiglipVisionModel writes them. @param prefix - such as `vision_model.` */
export function siglipWeights({ layers }: SiglipVitConfig, prefix = "vision_model."): WeightMap {
  return visionMap(
    prefix,
    (put) => {
      layerWithBias(put, "patches", "embeddings.patch_embedding");
      put("positions", "embeddings.position_embedding.weight");
      transformersLayers(put, layers);
      norm(put, "finalNorm", "post_layernorm");
    },
    [
      unusedNorm("post_layernorm"),
      { names: pooling, what: "the pooling head, which makes one vector of all patches" },
      positionNumbers(/^embeddings\.position_ids$/),
    ],
  );
}
