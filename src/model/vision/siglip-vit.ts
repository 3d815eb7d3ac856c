import { z } from "zod";
import { add, blockEnd, convolution, mergeAxes, reshape, type Tensor, transpose } from "../../graph/graph.ts";
import { activationName } from "../../nn/activation.ts";
import { normal, scaledNormal, zeros } from "../../nn/initialisers.ts";
import { LayerNorm } from "../../nn/norm.ts";
import type { Scope } from "../../nn/scope.ts";
import type { VisionEncoder, VisionGrid } from "./vision-encoder.ts";
import { VitLayer } from "./vit-layer.ts";

const positive = z.number().int().positive();

/** The image tower of SigLIP (Zhai et al., 2023) without the attention pooling that follows it: no class token, no norm before the first layer. */
export const siglipVitConfig = z
  .strictObject({
    kind: z.literal("siglip-vit"),
    /** Edge of the square input in pixels. What is left over beyond whole patches, at the right and at the bottom, is not seen. */
    imageSize: positive.default(224),
    patchSize: positive,
    width: positive,
    layers: positive,
    heads: positive,
    /** Width inside the feed-forward layers. Default: 4 times `width`. */
    hidden: positive.optional(),
    activation: activationName.default("geluTanh"),
    /** Whether the norm after the last layer is applied, as in IDEFICS2; LLaVA takes features before it. */
    finalNorm: z.boolean().default(true),
    normEpsilon: z.number().positive().default(1e-6),
  })
  .superRefine(({ imageSize, patchSize, width, heads }, context) => {
    const problem = (key: string, message: string): void => context.addIssue({ code: "custom", path: [key], message });
    if (patchSize > imageSize) problem("patchSize", `a picture of ${imageSize} pixels holds no patch of ${patchSize}`);
    if (width % heads !== 0) problem("heads", `a width of ${width} cannot be split into ${heads} heads evenly`);
  });
export type SiglipVitConfig = z.output<typeof siglipVitConfig>;

export class SiglipVit implements VisionEncoder {
  readonly width: number;
  readonly spatial: number;
  readonly grid: VisionGrid;
  readonly classes = 0;
  readonly imageSize: readonly [height: number, width: number];
  private readonly patchSize: number;
  private readonly patches: { readonly weight: Tensor; readonly bias: Tensor };
  private readonly positions: Tensor;
  private readonly layers: readonly VitLayer[];
  private readonly finalNorm: LayerNorm | undefined;

  constructor(scope: Scope, config: SiglipVitConfig) {
    const { imageSize, patchSize, width, layers, finalNorm, normEpsilon: epsilon } = config;
    this.width = width;
    const rows = Math.floor(imageSize / patchSize);
    this.spatial = rows ** 2;
    this.grid = { rows, columns: rows, cell: patchSize, classTokens: 0 };
    this.imageSize = [imageSize, imageSize];
    this.patchSize = patchSize;
    const patches = scope.child("patches");
    this.patches = {
      weight: patches.parameter("weight", [width, 3, patchSize, patchSize], scaledNormal(3 * patchSize ** 2)),
      bias: patches.parameter("bias", [width], zeros),
    };
    this.positions = scope.parameter("positions", [this.spatial, width], normal(width ** -0.5));
    const each = scope.child("layers");
    this.layers = Array.from({ length: layers }, (_, i) => new VitLayer(each.child(i), config));
    if (finalNorm) this.finalNorm = new LayerNorm(scope.child("finalNorm"), { width, epsilon });
  }

  forward(pixels: Tensor): Tensor {
    const { weight, bias } = this.patches;
    const grid = convolution(pixels, weight, { stride: this.patchSize, bias }); // [images, width, rows, columns]
    const patches = transpose(mergeAxes(grid, 2, 3), [0, 2, 1]); // [images, spatial, width]
    let x = add(patches, reshape(this.positions, [1, this.spatial, this.width]));
    for (const layer of this.layers) x = blockEnd(layer.forward(x));
    return this.finalNorm?.forward(x) ?? x;
  }
}
