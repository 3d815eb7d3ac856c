import { z } from "zod";
import { add, averagePool, blockEnd, clip, concat, convolution, mergeAxes, type Tensor, transpose } from "../../graph/graph.ts";
import { scaledNormal, zeros } from "../../nn/initialisers.ts";
import type { Scope } from "../../nn/scope.ts";
import { ClassEvidence, classEvidenceOptions, evidenceRows } from "./class-evidence.ts";
import { samePadding } from "./same-padding.ts";
import type { VisionEncoder, VisionGrid } from "./vision-encoder.ts";

/** Where features may be taken from: the last block at stride 16, the last block at stride 32, or the layer that widens it. */
const featureLayer = z.enum(["stride16", "stride32", "head"]);

/** What every network of inverted residuals may be asked for. */
export const invertedResidualOptions = {
  /** Edge of the square input in pixels. */
  imageSize: z.number().int().positive().multipleOf(32).default(192),
  /** Layers whose outputs are put side by side on the coarsest grid; finer ones are averaged onto it. */
  features: z.array(featureLayer).min(1).default(["stride16", "stride32"]),
  ...classEvidenceOptions,
};

export interface InvertedResidualOptions {
  readonly imageSize: number;
  readonly features: readonly z.output<typeof featureLayer>[];
  readonly classes: number;
}

/** Blocks of one width: the first of them has the stride. */
export interface InvertedResidualStage {
  readonly expansion: number;
  readonly outputs: number;
  readonly repetitions: number;
  readonly stride: number;
  readonly kernel: number;
}

const stemChannels = 32;
const headChannels = 1280;

/** MobileNetV2 and its descendants without squeeze-and-excitation; batch norms are folded into the convolutions before them. */
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

  constructor(scope: Scope, stages: readonly InvertedResidualStage[], { imageSize, features, classes }: InvertedResidualOptions) {
    this.imageSize = [imageSize, imageSize];
    this.features = features;
    this.classes = classes;
    const shapes = blockShapes(stages, imageSize);
    this.lastAtStride16 = shapes.findLastIndex(({ stride }) => stride === 2) - 1;
    const channels = { stride16: shapes[this.lastAtStride16]!.outputs, stride32: shapes.at(-1)!.outputs, head: headChannels };
    this.width = features.reduce((sum, layer) => sum + channels[layer], 0);
    const cell = features.every((layer) => layer === "stride16") ? 16 : 32;
    const rows = imageSize / cell;
    this.spatial = rows ** 2 + evidenceRows(classes, this.width);
    this.grid = { rows, columns: rows, cell, classTokens: 0 };
    this.stem = new FoldedConvolution(scope.child("stem"), { inputs: 3, outputs: stemChannels, kernel: 3, stride: 2, size: imageSize, activation: true });
    this.blocks = shapes.map((shape, i) => new InvertedResidual(scope.child("blocks").child(i), shape));
    if (classes > 0) this.evidence = new ClassEvidence(scope.child("classifier"), { classes, inputs: headChannels, width: this.width });
    if (features.includes("head") || classes > 0)
      this.head = new FoldedConvolution(scope.child("head"), {
        inputs: channels.stride32,
        outputs: headChannels,
        kernel: 1,
        stride: 1,
        size: imageSize / 32,
        activation: true,
      });
  }

  forward(pixels: Tensor): Tensor {
    let x = this.stem.forward(pixels); // [images, 32, height/2, width/2]
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

interface BlockShape {
  readonly inputs: number;
  readonly outputs: number;
  readonly expansion: number;
  readonly stride: number;
  /** Edge of the block's input. */
  readonly size: number;
  readonly kernel: number;
}

function blockShapes(stages: readonly InvertedResidualStage[], imageSize: number): BlockShape[] {
  let inputs: number = stemChannels;
  let size = imageSize / 2;
  return stages.flatMap(({ expansion, outputs, repetitions, stride: firstStride, kernel }) =>
    Array.from({ length: repetitions }, (_, i): BlockShape => {
      const stride = i === 0 ? firstStride : 1;
      const shape = { inputs, outputs, expansion, stride, size, kernel };
      inputs = outputs;
      size /= stride;
      return shape;
    }),
  );
}

/** Widen, filter each channel by itself, narrow; added to the input where the shapes agree. */
class InvertedResidual {
  private readonly expand: FoldedConvolution | undefined;
  private readonly depthwise: FoldedConvolution;
  private readonly project: FoldedConvolution;
  private readonly residual: boolean;

  constructor(scope: Scope, { inputs, outputs, expansion, stride, size, kernel }: BlockShape) {
    const hidden = inputs * expansion;
    if (expansion !== 1) this.expand = new FoldedConvolution(scope.child("expand"), { inputs, outputs: hidden, kernel: 1, stride: 1, size, activation: true });
    this.depthwise = new FoldedConvolution(scope.child("depthwise"), {
      inputs: hidden,
      outputs: hidden,
      kernel,
      stride,
      size,
      groups: hidden,
      activation: true,
    });
    this.project = new FoldedConvolution(scope.child("project"), { inputs: hidden, outputs, kernel: 1, stride: 1, size: size / stride, activation: false });
    this.residual = stride === 1 && inputs === outputs;
  }

  forward(x: Tensor): Tensor {
    const y = this.project.forward(this.depthwise.forward(this.expand?.forward(x) ?? x));
    return this.residual ? add(x, y) : y;
  }
}

interface FoldedConvolutionConfig {
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
  readonly size: number;
  readonly groups?: number;
  readonly activation: boolean;
}

/** A convolution with bias, padded as TensorFlow's "SAME" does it, then ReLU6. */
class FoldedConvolution {
  private readonly weight: Tensor;
  private readonly bias: Tensor;
  private readonly options: { stride: number; groups: number; padding: [number, number, number, number] };
  private readonly activation: boolean;

  constructor(scope: Scope, { inputs, outputs, kernel, stride, size, groups = 1, activation }: FoldedConvolutionConfig) {
    const fanIn = (inputs / groups) * kernel * kernel;
    this.weight = scope.parameter("weight", [outputs, inputs / groups, kernel, kernel], scaledNormal(fanIn));
    this.bias = scope.parameter("bias", [outputs], zeros);
    this.options = { stride, groups, padding: samePadding(size, kernel, stride) };
    this.activation = activation;
  }

  forward(x: Tensor): Tensor {
    const y = convolution(x, this.weight, { ...this.options, bias: this.bias });
    return this.activation ? clip(y, 0, 6) : y;
  }
}
