import * as z from "zod";
import { averagePool, blockEnd, concat, mergeAxes, type Tensor, transpose } from "../../graph/graph.ts";
import type { Scope } from "../../nn/scope.ts";
import { ClassEvidence, classEvidenceOptions, evidenceRows } from "./class-evidence.ts";
import { type ConvolutionActivation, FoldedConvolution } from "./folded-convolution.ts";
import { blockShapes, InvertedResidual, type InvertedResidualStage } from "./inverted-residual.ts";
import type { Padding } from "./same-padding.ts";
import type { VisionEncoder, VisionGrid } from "./vision-encoder.ts";

/** Where features may be taken from: the last block at stride 16, the last block at stride 32, or the layer that widens it. */
const featureLayer = z.enum(["stride16", "stride32", "head"]);

/** What every network of inverted residuals may be asked for. */
export const invertedResidualOptions = {
  /** Edge of the square input in pixels. */
  imageSize: z.number().int().min(32).default(192),
  /** Layers whose outputs are put side by side on the coarsest grid; finer ones are averaged onto it, which needs an `imageSize` of whole cells of 32. */
  features: z.array(featureLayer).min(1).default(["stride16", "stride32"]),
  /** What convolutions see beyond the edge: as TensorFlow trained them ("same"), or as PyTorch ("symmetric"). */
  padding: z.enum(["same", "symmetric"]).default("same"),
  ...classEvidenceOptions,
};

export interface InvertedResidualOptions {
  readonly imageSize: number;
  readonly features: readonly z.output<typeof featureLayer>[];
  readonly padding: Padding;
  readonly classes: number;
}

/** To be added to each config: a grid of 16 pixels lies evenly on one of 32 only in whole cells. */
export function checkGrids({ imageSize, features }: Pick<InvertedResidualOptions, "imageSize" | "features">, context: z.core.$RefinementCtx): void {
  const both = features.includes("stride16") && features.some((layer) => layer !== "stride16");
  if (both && imageSize % 32 !== 0)
    context.addIssue({
      code: "custom",
      path: ["features"],
      message: `"stride16" beside coarser layers needs pictures whose edge is a multiple of 32, not ${imageSize}: take one of them, or another "imageSize"`,
    });
}

/** What the networks differ in. */
export interface InvertedResidualPlan {
  /** Channels of the first convolution, and what follows it. */
  readonly stem: number;
  readonly stages: readonly InvertedResidualStage[];
  /** Channels of the layer that widens the last block's. */
  readonly head: number;
  readonly activation: ConvolutionActivation;
  /** Channels of the classifier's own hidden layer, if it has one. */
  readonly classifierHidden?: number;
}

/** MobileNetV2 and its descendants; batch norms are folded into the convolutions before them. */
export class InvertedResidualNetwork implements VisionEncoder {
  readonly width: number;
  readonly spatial: number;
  readonly grid: VisionGrid;
  readonly classes: number;
  readonly imageSize: readonly [height: number, width: number];
  private readonly features: InvertedResidualOptions["features"];
  private readonly stem: FoldedConvolution;
  private readonly blocks: readonly InvertedResidual[];
  private readonly lastAtStride16: number;
  private readonly head: FoldedConvolution | undefined;
  private readonly evidence: ClassEvidence | undefined;

  constructor(
    scope: Scope,
    { stem, stages, head, activation, classifierHidden }: InvertedResidualPlan,
    { imageSize, features, padding, classes }: InvertedResidualOptions,
  ) {
    this.imageSize = [imageSize, imageSize];
    this.features = features;
    this.classes = classes;
    const half = Math.ceil(imageSize / 2);
    const shapes = blockShapes(stages, stem, half, padding);
    this.lastAtStride16 = shapes.findLastIndex(({ stride }) => stride === 2) - 1;
    const channels = { stride16: shapes[this.lastAtStride16]!.outputs, stride32: shapes.at(-1)!.outputs, head };
    this.width = features.reduce((sum, layer) => sum + channels[layer], 0);
    const cell = features.every((layer) => layer === "stride16") ? 16 : 32;
    const rows = Math.ceil(imageSize / cell);
    this.spatial = rows ** 2 + evidenceRows(classes, this.width);
    this.grid = { rows, columns: rows, cell, classTokens: 0 };
    this.stem = new FoldedConvolution(scope.child("stem"), { inputs: 3, outputs: stem, kernel: 3, stride: 2, size: imageSize, padding, activation });
    this.blocks = shapes.map((shape, i) => new InvertedResidual(scope.child("blocks").child(i), shape));
    if (classes > 0) {
      const hidden = classifierHidden === undefined ? {} : { hidden: classifierHidden };
      this.evidence = new ClassEvidence(scope.child("classifier"), { classes, inputs: head, width: this.width, ...hidden });
    }
    if (!features.includes("head") && classes === 0) return;
    const size = Math.ceil(imageSize / 32);
    this.head = new FoldedConvolution(scope.child("head"), { inputs: channels.stride32, outputs: head, kernel: 1, stride: 1, size, padding, activation });
  }

  forward(pixels: Tensor): Tensor {
    let x = this.stem.forward(pixels); // [images, stem, height/2, width/2]
    const taken: Record<string, Tensor> = {};
    this.blocks.forEach((block, i) => {
      x = blockEnd(block.forward(x));
      if (i === this.lastAtStride16) taken["stride16"] = x; // [images, channels, height/16, width/16]
    });
    taken["stride32"] = x; // [images, channels, height/32, width/32]
    if (this.head !== undefined) taken["head"] = this.head.forward(x);
    const coarse = this.features.some((layer) => layer !== "stride16");
    const maps = this.features.map((layer) => (layer === "stride16" && coarse ? averagePool(taken[layer]!, 2, 2) : taken[layer]!));
    const grid = transpose(mergeAxes(concat(maps, 1), 2, 3), [0, 2, 1]); // [images, positions, width]
    return this.evidence === undefined ? grid : concat([grid, this.evidence.forward(taken["head"]!)], 1); // [images, spatial, width]
  }
}
