import * as z from "zod";
import { add, averagePool, blockEnd, concat, convolution, filled, layerNorm, mergeAxes, multiply, reshape, type Tensor, transpose } from "../../graph/graph.ts";
import { activations } from "../../nn/activation.ts";
import { normal, ones, zeros } from "../../nn/initialisers.ts";
import type { Scope } from "../../nn/scope.ts";
import { ClassEvidence, classEvidenceOptions, evidenceRows } from "./class-evidence.ts";
import { samePadding } from "./same-padding.ts";
import { SqueezeExcitation } from "./squeeze-excitation.ts";
import type { VisionEncoder, VisionGrid } from "./vision-encoder.ts";

const positive = z.number().int().positive();
const perStage = z.tuple([positive, positive, positive, positive]);

/** A residual network without batch norm (Brock et al., 2021): the paper's vision encoder. The defaults are F0; F1 to F6 repeat each stage 2 to 7 times. */
export const nfnetConfig = z.strictObject({
  kind: z.literal("nfnet"),
  /** Edge of the square input in pixels. The paper trains at 320 and fine-tunes at 480. */
  imageSize: positive.multipleOf(32).default(320),
  /** Blocks in each stage of F0. */
  depths: perStage.default([1, 2, 6, 3]),
  /** n of Fn: every stage has n+1 times as many blocks. */
  scale: z.number().int().nonnegative().default(0),
  channels: perStage.default([256, 512, 1536, 1536]),
  /** Channels of the four convolutions before the first stage. */
  stem: perStage.default([16, 32, 64, 128]),
  /** Channels of one group in the 3x3 convolutions. */
  groupSize: positive.default(128),
  /** Channels of the features; a last 1x1 convolution makes them. */
  width: positive.default(3072),
  activation: z.enum(["gelu", "geluTanh"]).default("gelu"),
  ...classEvidenceOptions,
});
export type NfnetConfig = z.output<typeof nfnetConfig>;

/** Scale of residual branches. */
const alpha = 0.2;
/** Makes up for the mean gate of squeeze-and-excitation, a half. */
const attentionGain = 2;
/** Added to the variance of each output's weights: timm's; DeepMind's own code bounds that variance from below instead, which weights that are trained do not come near. */
const standardisationEpsilon = 1e-5;
/** Keeps the variance of GELU's output at 1 for normal inputs. */
const activationGain = 1.7015043497085571;

type Activation = (x: Tensor) => Tensor;

export class Nfnet implements VisionEncoder {
  readonly width: number;
  readonly spatial: number;
  readonly grid: VisionGrid;
  readonly classes: number;
  readonly imageSize: readonly [height: number, width: number];
  private readonly activation: Activation;
  private readonly stem: readonly StandardisedConvolution[];
  private readonly blocks: readonly NfnetBlock[];
  private readonly final: StandardisedConvolution;
  private readonly evidence: ClassEvidence | undefined;

  constructor(scope: Scope, config: NfnetConfig) {
    const { imageSize, stem, width, channels, classes } = config;
    this.imageSize = [imageSize, imageSize];
    const rows = imageSize / 32;
    this.spatial = rows ** 2 + evidenceRows(classes, width);
    this.grid = { rows, columns: rows, cell: 32, classTokens: 0 };
    this.classes = classes;
    this.width = width;
    this.activation = (x) => multiply(activations[config.activation](x), activationGain);
    let size = imageSize;
    this.stem = stem.map((outputs, i) => {
      const stride = i === 0 || i === 3 ? 2 : 1;
      const layer = new StandardisedConvolution(scope.child("stem").child(i), { inputs: stem[i - 1] ?? 3, outputs, kernel: 3, stride, size });
      size /= stride;
      return layer;
    });
    this.blocks = blockShapes(config, size).map((shape, i) => new NfnetBlock(scope.child("blocks").child(i), shape, this.activation));
    this.final = new StandardisedConvolution(scope.child("final"), { inputs: channels[3], outputs: width, kernel: 1, stride: 1, size: imageSize / 32 });
    if (classes > 0) this.evidence = new ClassEvidence(scope.child("classifier"), { classes, inputs: width, width });
  }

  forward(pixels: Tensor): Tensor {
    let x = pixels;
    this.stem.forEach((layer, i) => {
      x = layer.forward(i === 0 ? x : this.activation(x));
    }); // [images, 128, height/4, width/4]
    for (const block of this.blocks) x = blockEnd(block.forward(x));
    const features = this.activation(this.final.forward(x)); // [images, width, height/32, width/32]
    const grid = transpose(mergeAxes(features, 2, 3), [0, 2, 1]); // [images, positions, width]
    return this.evidence === undefined ? grid : concat([grid, this.evidence.forward(features)], 1); // [images, spatial, width]
  }
}

interface BlockShape {
  readonly inputs: number;
  readonly outputs: number;
  readonly groupSize: number;
  readonly stride: number;
  readonly size: number;
  /** One over the standard deviation that the input has at initialisation. */
  readonly beta: number;
}

function blockShapes({ depths, scale, channels, stem, groupSize }: NfnetConfig, firstSize: number): BlockShape[] {
  let inputs = stem[3];
  let size = firstSize;
  let variance = 1;
  return channels.flatMap((outputs, stage) =>
    Array.from({ length: depths[stage]! * (scale + 1) }, (_, i): BlockShape => {
      const stride = i === 0 && stage > 0 ? 2 : 1;
      const shape = { inputs, outputs, groupSize, stride, size, beta: variance ** -0.5 };
      // A block that changes the shape has no identity branch, so the variance begins again.
      variance = (i === 0 ? 1 : variance) + alpha ** 2;
      inputs = outputs;
      size /= stride;
      return shape;
    }),
  );
}

/** `x·… + α·f(x·β)`: a bottleneck of four convolutions with squeeze-and-excitation, started as the identity. */
class NfnetBlock {
  private readonly shape: BlockShape;
  private readonly activation: Activation;
  private readonly shortcut: StandardisedConvolution | undefined;
  private readonly convolutions: readonly StandardisedConvolution[];
  private readonly excitation: SqueezeExcitation;
  private readonly gain: Tensor;

  constructor(scope: Scope, shape: BlockShape, activation: Activation) {
    const { inputs, outputs, groupSize, stride, size } = shape;
    this.shape = shape;
    this.activation = activation;
    const groups = Math.floor(outputs / 2 / groupSize);
    const middle = groups * groupSize;
    const after = size / stride;
    if (inputs !== outputs || stride !== 1)
      this.shortcut = new StandardisedConvolution(scope.child("shortcut"), { inputs, outputs, kernel: 1, stride: 1, size: after });
    this.convolutions = [
      { inputs, outputs: middle, kernel: 1, stride: 1, size },
      { inputs: middle, outputs: middle, kernel: 3, stride, size, groups },
      { inputs: middle, outputs: middle, kernel: 3, stride: 1, size: after, groups },
      { inputs: middle, outputs, kernel: 1, stride: 1, size: after },
    ].map((config, i) => new StandardisedConvolution(scope.child("convolutions").child(i), config));
    this.excitation = new SqueezeExcitation(scope.child("excitation"), {
      channels: outputs,
      hidden: Math.max(8, Math.round(outputs / 2 / 8) * 8),
      gate: "sigmoid",
    });
    this.gain = scope.parameter("gain", [1], zeros);
  }

  forward(x: Tensor): Tensor {
    const { beta, stride } = this.shape;
    const scaled = multiply(this.activation(x), beta);
    const identity = this.shortcut === undefined ? x : this.shortcut.forward(stride === 1 ? scaled : averagePool(scaled, 2, 2));
    let y = scaled;
    this.convolutions.forEach((convolve, i) => {
      y = convolve.forward(i === 0 ? y : this.activation(y));
    });
    return add(identity, multiply(multiply(this.excitation.forward(y), this.gain), attentionGain * alpha));
  }
}

interface StandardisedConvolutionConfig {
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
  readonly size: number;
  readonly groups?: number;
}

/** A convolution whose weights are standardised for each output, in the place of a norm of its results (section 2 of the NFNet paper). */
class StandardisedConvolution {
  private readonly weight: Tensor;
  private readonly gain: Tensor;
  private readonly bias: Tensor;
  private readonly fanIn: number;
  private readonly options: { stride: number; groups: number; padding: [number, number, number, number] };

  constructor(scope: Scope, { inputs, outputs, kernel, stride, size, groups = 1 }: StandardisedConvolutionConfig) {
    this.fanIn = (inputs / groups) * kernel * kernel;
    this.weight = scope.parameter("weight", [outputs, inputs / groups, kernel, kernel], normal(this.fanIn ** -0.5));
    this.gain = scope.parameter("gain", [outputs, 1, 1, 1], ones);
    this.bias = scope.parameter("bias", [outputs], zeros);
    this.options = { stride, groups, padding: samePadding(size, kernel, stride) };
  }

  forward(x: Tensor): Tensor {
    const { shape } = this.weight;
    const flat = reshape(this.weight, [shape[0]!, this.fanIn]);
    const standardised = reshape(layerNorm(flat, filled(1, [this.fanIn]), undefined, standardisationEpsilon), shape);
    return convolution(x, multiply(standardised, multiply(this.gain, this.fanIn ** -0.5)), { ...this.options, bias: this.bias });
  }
}
