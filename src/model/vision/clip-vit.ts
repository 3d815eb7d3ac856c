import { z } from "zod";
import { add, blockEnd, concat, convolution, expand, mergeAxes, reshape, slice, type Tensor, transpose } from "../../graph/graph.ts";
import { activationName } from "../../nn/activation.ts";
import { normal, scaledNormal } from "../../nn/initialisers.ts";
import { LayerNorm } from "../../nn/norm.ts";
import type { Scope } from "../../nn/scope.ts";
import type { VisionEncoder, VisionGrid } from "./vision-encoder.ts";
import { VitLayer } from "./vit-layer.ts";

const positive = z.number().int().positive();

/** The image tower of CLIP (Radford et al., 2021) without its projection. */
export const clipVitConfig = z
  .strictObject({
    kind: z.literal("clip-vit"),
    /** Edge of the square input in pixels. */
    imageSize: positive.default(224),
    patchSize: positive,
    width: positive,
    layers: positive,
    heads: positive,
    /** Width inside the feed-forward layers. Default: 4 times `width`. */
    hidden: positive.optional(),
    /** OpenAI's weights: quickGelu. LAION's: gelu. */
    activation: activationName.default("quickGelu"),
    /** Whether the class token is among the features: IDEFICS keeps it, OpenFlamingo drops it. */
    classToken: z.boolean().default(false),
    /** Whether the norm after the last layer is applied: not in OpenFlamingo and IDEFICS, which then have no weights for it. */
    finalNorm: z.boolean().default(false),
    normEpsilon: z.number().positive().default(1e-5),
  })
  .superRefine(({ imageSize, patchSize, width, heads }, context) => {
    const problem = (key: string, message: string): void => context.addIssue({ code: "custom", path: [key], message });
    if (imageSize % patchSize !== 0) problem("patchSize", `a picture of ${imageSize} pixels cannot be cut into patches of ${patchSize} evenly`);
    if (width % heads !== 0) problem("heads", `a width of ${width} cannot be split into ${heads} heads evenly`);
  });
export type ClipVitConfig = z.output<typeof clipVitConfig>;

export class ClipVit implements VisionEncoder {
  readonly width: number;
  readonly spatial: number;
  readonly grid: VisionGrid;
  readonly classes = 0;
  readonly imageSize: readonly [height: number, width: number];
  private readonly config: ClipVitConfig;
  private readonly patches: Tensor;
  private readonly classToken: Tensor;
  private readonly positions: Tensor;
  private readonly inputNorm: LayerNorm;
  private readonly layers: readonly VitLayer[];
  private readonly finalNorm: LayerNorm | undefined;

  constructor(scope: Scope, config: ClipVitConfig) {
    const { imageSize, patchSize, width, layers, classToken, finalNorm, normEpsilon: epsilon } = config;
    const rows = imageSize / patchSize;
    const count = rows ** 2;
    this.config = config;
    this.width = width;
    this.grid = { rows, columns: rows, cell: patchSize, classTokens: classToken ? 1 : 0 };
    this.spatial = count + this.grid.classTokens;
    this.imageSize = [imageSize, imageSize];
    this.patches = scope.parameter("patches", [width, 3, patchSize, patchSize], scaledNormal(3 * patchSize ** 2));
    this.classToken = scope.parameter("classToken", [width], normal(width ** -0.5));
    this.positions = scope.parameter("positions", [count + 1, width], normal(width ** -0.5));
    this.inputNorm = new LayerNorm(scope.child("inputNorm"), { width, epsilon });
    const each = scope.child("layers");
    this.layers = Array.from({ length: layers }, (_, i) => new VitLayer(each.child(i), config));
    if (finalNorm) this.finalNorm = new LayerNorm(scope.child("finalNorm"), { width, epsilon });
  }

  forward(pixels: Tensor): Tensor {
    const { patchSize, classToken } = this.config;
    const grid = convolution(pixels, this.patches, { stride: patchSize }); // [images, width, rows, columns]
    const patches = transpose(mergeAxes(grid, 2, 3), [0, 2, 1]); // [images, patches, width]
    const first = expand(reshape(this.classToken, [1, 1, this.width]), [pixels.shape[0]!, 1, this.width]);
    let x = this.inputNorm.forward(add(concat([first, patches], 1), this.positions)); // [images, 1+patches, width]
    for (const layer of this.layers) x = blockEnd(layer.forward(x));
    const normed = this.finalNorm?.forward(x) ?? x;
    return classToken ? normed : slice(normed, 1, 1, normed.shape[1]!); // [images, spatial, width]
  }
}
