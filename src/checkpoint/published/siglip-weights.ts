import type { SiglipVitConfig } from "../../model/vision/siglip-vit.ts";
import { layerWithBias, norm, transformersLayers, visionMap } from "./vision-names.ts";
import type { WeightMap } from "./weight-map.ts";

/** Names of SigLIP's image tower, as transformers' SiglipVisionModel writes them; those of its pooling head are not among them. @param prefix - such as `vision_model.` */
export function siglipWeights({ layers }: SiglipVitConfig, prefix = "vision_model."): WeightMap {
  return visionMap(prefix, (put) => {
    layerWithBias(put, "patches", "embeddings.patch_embedding");
    put("positions", "embeddings.position_embedding.weight");
    transformersLayers(put, layers);
    norm(put, "finalNorm", "post_layernorm");
  });
}
