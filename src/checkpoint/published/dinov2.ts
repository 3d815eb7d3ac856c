/** DINOv2 (Oquab et al., 2023), with registers or without, as Hugging Face transformers keeps it. */
import * as z from "zod";
import type { VitConfig, vitConfig } from "../../model/vision/vit.ts";
import { activation, activations, sizes } from "./clip-config.ts";
import { pretrainedConfig } from "./pretrained-config.ts";
import type { PublishedShapes } from "./published-model.ts";
import { keys } from "./published-object.ts";
import { gateAndUp, layerWithBias, norm, visionMap } from "./vision-names.ts";
import { exactly, type WeightMap } from "./weight-map.ts";

const { intermediate_size: _, ...shared } = sizes;

const published = pretrainedConfig({
  read: {
    ...shared,
    model_type: z.string(),
    mlp_ratio: z.number().positive().default(4),
    patch_size: z.number().int().positive().optional(),
    hidden_act: activation.default("gelu"),
    layer_norm_eps: z.number().positive().default(1e-6),
    num_register_tokens: z.number().int().nonnegative().optional(),
    use_swiglu_ffn: z.boolean().default(false),
  },
  nothing: keys(
    // While training: what layers begin with and leave out, and what stands for patches that are hidden.
    "layerscale_value drop_path_rate use_mask_token tie_word_embeddings",
    // Which features a backbone gives.
    "apply_layernorm reshape_hidden_states out_features out_indices _out_features _out_indices stage_names",
  ),
  only: { qkv_bias: [true] },
});

/** To a config of ours. */
export const dinov2 = published.transform((given): z.input<typeof vitConfig> => {
  const withRegisters = given.model_type !== "dinov2";
  const wide = Math.floor(given.hidden_size * given.mlp_ratio);
  return {
    kind: "vit",
    imageSize: given.image_size,
    // The two classes differ in their default.
    patchSize: given.patch_size ?? (withRegisters ? 16 : 14),
    width: given.hidden_size,
    layers: given.num_hidden_layers,
    heads: given.num_attention_heads,
    // Two thirds, since there is a third matrix, in whole eights.
    hidden: given.use_swiglu_ffn ? Math.ceil(Math.floor((wide * 2) / 3) / 8) * 8 : wide,
    activation: given.use_swiglu_ffn ? "swiGlu" : activations[given.hidden_act],
    registers: withRegisters ? (given.num_register_tokens ?? 4) : 0,
    layerScale: true,
    antialias: withRegisters,
    normEpsilon: given.layer_norm_eps,
  };
});

/** Where the weights are: in a file of the tower alone, or below the name of a classifier's tower. */
export function dinov2Weights({ layers, hidden, registers, activation: act }: VitConfig, found: PublishedShapes): WeightMap {
  const prefix = ["dinov2.", "dinov2_with_registers."].find((name) => found.has(`${name}embeddings.cls_token`)) ?? "";
  const map = visionMap(
    prefix,
    (put) => {
      layerWithBias(put, "patches", "embeddings.patch_embeddings.projection");
      put("classToken", "embeddings.cls_token");
      if (registers > 0) put("registers", "embeddings.register_tokens");
      put("positions", "embeddings.position_embeddings");
      norm(put, "finalNorm", "layernorm");
      for (let i = 0; i < layers; i++) {
        const [ours, theirs] = [`layers.${i}`, `encoder.layer.${i}`];
        for (const layer of ["query", "key", "value"]) layerWithBias(put, `${ours}.attention.${layer}`, `${theirs}.attention.attention.${layer}`);
        layerWithBias(put, `${ours}.attention.output`, `${theirs}.attention.output.dense`);
        norm(put, `${ours}.attentionNorm`, `${theirs}.norm1`);
        norm(put, `${ours}.feedForwardNorm`, `${theirs}.norm2`);
        put(`${ours}.attentionScale`, `${theirs}.layer_scale1.lambda1`);
        put(`${ours}.feedForwardScale`, `${theirs}.layer_scale2.lambda1`);
        if (act === "swiGlu") {
          gateAndUp(put, `${ours}.feedForward`, `${theirs}.mlp.weights_in`, hidden!);
          layerWithBias(put, `${ours}.feedForward.down`, `${theirs}.mlp.weights_out`);
        } else {
          layerWithBias(put, `${ours}.feedForward.up`, `${theirs}.mlp.fc1`);
          layerWithBias(put, `${ours}.feedForward.down`, `${theirs}.mlp.fc2`);
        }
      }
    },
    [{ names: exactly("embeddings.mask_token"), what: "what stands for a patch that is hidden while training" }],
  );
  const head = { prefix: "", names: exactly("classifier.weight", "classifier.bias"), what: "the head of a classifier" };
  return { ...map, harmless: [...map.harmless, head] };
}
