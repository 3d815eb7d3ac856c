/** Names of CLIP's image towers, as open_clip and as Hugging Face transformers write them. */
import type { ClipVitConfig } from "../../model/vision/clip-vit.ts";
import { positionNumbers } from "./computed-tensors.ts";
import { layerWithBias, norm, queryKeyValue, transformersLayers, unusedNorm, visionMap } from "./vision-names.ts";
import { exactly, type WeightMap } from "./weight-map.ts";

/** OpenAI's own files and open_clip's. @param prefix - such as `visual.` */
export function openClipWeights({ width, layers }: ClipVitConfig, prefix = "visual."): WeightMap {
  return visionMap(
    prefix,
    (put) => {
      put("patches", "conv1.weight");
      put("classToken", "class_embedding");
      put("positions", "positional_embedding");
      norm(put, "inputNorm", "ln_pre");
      norm(put, "finalNorm", "ln_post");
      for (let i = 0; i < layers; i++) {
        const [ours, theirs] = [`layers.${i}`, `transformer.resblocks.${i}`];
        queryKeyValue(put, `${ours}.attention`, { weight: `${theirs}.attn.in_proj_weight`, bias: `${theirs}.attn.in_proj_bias` }, width);
        layerWithBias(put, `${ours}.attention.output`, `${theirs}.attn.out_proj`);
        norm(put, `${ours}.attentionNorm`, `${theirs}.ln_1`);
        norm(put, `${ours}.feedForwardNorm`, `${theirs}.ln_2`);
        layerWithBias(put, `${ours}.feedForward.up`, `${theirs}.mlp.c_fc`);
        layerWithBias(put, `${ours}.feedForward.down`, `${theirs}.mlp.c_proj`);
      }
    },
    [unusedNorm("ln_post"), { names: exactly("proj"), what: "the projection to where pictures and texts meet" }],
  );
}

/** What is beside the image tower in those files. @param prefix - what their names begin with */
export function besideVisual(prefix = ""): WeightMap {
  const text = /^(text\.|transformer\.|token_embedding\.weight$|positional_embedding$|ln_final\.|text_projection$)/;
  return {
    origins: new Map(),
    harmless: [
      { prefix, names: text, what: "the text tower" },
      { prefix, names: exactly("logit_scale", "logit_bias"), what: "what compares pictures with texts" },
      { prefix, names: exactly("input_resolution", "context_length", "vocab_size"), what: "a size of the model" },
    ],
  };
}

/** transformers' CLIPVisionModel, and the tower inside IDEFICS. @param prefix - such as `vision_model.` */
export function transformersClipWeights({ layers }: ClipVitConfig, prefix = "vision_model."): WeightMap {
  return visionMap(
    prefix,
    (put) => {
      put("patches", "embeddings.patch_embedding.weight");
      put("classToken", "embeddings.class_embedding");
      put("positions", "embeddings.position_embedding.weight");
      // The published spelling.
      norm(put, "inputNorm", "pre_layrnorm");
      norm(put, "finalNorm", "post_layernorm");
      transformersLayers(put, layers);
    },
    [unusedNorm("post_layernorm"), positionNumbers(/^embeddings\.position_ids$/)],
  );
}
