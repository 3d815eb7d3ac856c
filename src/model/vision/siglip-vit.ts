import * as z from "zod";
import { activationName } from "../../nn/activation.ts";
import type { Scope } from "../../nn/scope.ts";
import { VisionTransformer } from "./vision-transformer.ts";
import { checkSizes, imageSize, vitSizes } from "./vit-options.ts";

/** The image tower of SigLIP (Zhai et al., 2023) and SigLIP 2 (Tschannen et al., 2025) without the attention pooling that follows it: no class token, no norm before the first layer. */
export const siglipVitConfig = z
  .strictObject({
    kind: z.literal("siglip-vit"),
    imageSize,
    ...vitSizes,
    activation: activationName.default("geluTanh"),
    /** Whether the norm after the last layer is applied, as in IDEFICS2; LLaVA takes features before it. */
    finalNorm: z.boolean().default(true),
    normEpsilon: z.number().positive().default(1e-6),
  })
  .superRefine(checkSizes);
export type SiglipVitConfig = z.output<typeof siglipVitConfig>;

export class SiglipVit extends VisionTransformer {
  constructor(scope: Scope, config: SiglipVitConfig) {
    super(scope, { ...config, patchBias: true, gathering: "none", registers: 0, layerScale: false, inputNorm: false, classToken: false });
  }
}
