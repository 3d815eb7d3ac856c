import * as z from "zod";
import { activationName } from "../../nn/activation.ts";
import type { Scope } from "../../nn/scope.ts";
import { VisionTransformer } from "./vision-transformer.ts";
import { checkSizes, imageSize, vitSizes } from "./vit-options.ts";

/** A vision transformer by its options: DINOv2 (Oquab et al., 2023), with registers (Darcet et al., 2024) or without, and those of timm. */
export const vitConfig = z
  .strictObject({
    kind: z.literal("vit"),
    imageSize,
    ...vitSizes,
    activation: activationName.default("gelu"),
    /** Whether the token that gathers what a picture shows has a position of its own, as the patches have. */
    gathering: z.enum(["placed", "unplaced", "none"]).default("placed"),
    /** Learnt tokens beside it, which have no position and are no features. */
    registers: z.number().int().nonnegative().default(0),
    /** Whether what each layer adds is scaled channel by channel (Touvron et al., 2021). */
    layerScale: z.boolean().default(false),
    /** Whether the token that gathers is among the features. */
    classToken: z.boolean().default(false),
    /** Whether the norm after the last layer is applied. */
    finalNorm: z.boolean().default(true),
    /** Whether positions are brought to pictures of another size with antialiasing, as in timm and in DINOv2 with registers. */
    antialias: z.boolean().default(false),
    normEpsilon: z.number().positive().default(1e-6),
  })
  .superRefine((config, context) => {
    checkSizes(config, context);
    if (config.classToken && config.gathering === "none")
      context.addIssue({ code: "custom", path: ["classToken"], message: 'there is no such token where "gathering" is "none"' });
  });
export type VitConfig = z.output<typeof vitConfig>;

export class Vit extends VisionTransformer {
  constructor(scope: Scope, config: VitConfig) {
    super(scope, { ...config, patchBias: true, inputNorm: false });
  }
}
