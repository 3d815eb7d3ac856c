import * as z from "zod";
import { activationName } from "../../nn/activation.ts";
import type { Scope } from "../../nn/scope.ts";
import { VisionTransformer } from "./vision-transformer.ts";
import { checkSizes, imageSize, vitSizes } from "./vit-options.ts";

/** The image tower of CLIP (Radford et al., 2021) without its projection. */
export const clipVitConfig = z
  .strictObject({
    kind: z.literal("clip-vit"),
    imageSize,
    ...vitSizes,
    /** OpenAI's weights: quickGelu. LAION's: gelu. */
    activation: activationName.default("quickGelu"),
    /** Whether the class token is among the features: IDEFICS keeps it, OpenFlamingo drops it. */
    classToken: z.boolean().default(false),
    /** Whether the norm after the last layer is applied: not in OpenFlamingo and IDEFICS, which then have no weights for it. */
    finalNorm: z.boolean().default(false),
    normEpsilon: z.number().positive().default(1e-5),
  })
  .superRefine((config, context) => {
    checkSizes(config, context);
    const { imageSize: edge, patchSize } = config;
    if (patchSize <= edge && edge % patchSize !== 0)
      context.addIssue({ code: "custom", path: ["patchSize"], message: `a picture of ${edge} pixels cannot be cut into patches of ${patchSize} evenly` });
  });
export type ClipVitConfig = z.output<typeof clipVitConfig>;

export class ClipVit extends VisionTransformer {
  constructor(scope: Scope, config: ClipVitConfig) {
    super(scope, { ...config, patchBias: false, gathering: "placed", registers: 0, layerScale: false, inputNorm: true });
  }
}
