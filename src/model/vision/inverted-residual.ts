import { add, type Tensor } from "../../graph/graph.ts";
import type { Scope } from "../../nn/scope.ts";
import { type ConvolutionActivation, FoldedConvolution } from "./folded-convolution.ts";
import type { Padding } from "./same-padding.ts";
import { SqueezeExcitation } from "./squeeze-excitation.ts";

/** Blocks of one width: the first of them has the stride. */
export interface InvertedResidualStage {
  /** How many times as wide a block is inside. */
  readonly expansion: number;
  readonly outputs: number;
  readonly repetitions: number;
  readonly stride: number;
  readonly kernel: number;
  readonly activation: ConvolutionActivation;
  /** Whether channels are weighed by what the whole picture says. */
  readonly excited?: boolean;
}

export interface InvertedResidualShape extends Omit<InvertedResidualStage, "repetitions"> {
  readonly inputs: number;
  /** Edge of the block's input. */
  readonly size: number;
  readonly padding: Padding;
}

/** Each block's shape. @param inputs - channels of the first one's input @param size - its edge */
export function blockShapes(stages: readonly InvertedResidualStage[], inputs: number, size: number, padding: Padding): InvertedResidualShape[] {
  let [channels, edge] = [inputs, size];
  return stages.flatMap(({ repetitions, stride: first, ...stage }) =>
    Array.from({ length: repetitions }, (_, i): InvertedResidualShape => {
      const stride = i === 0 ? first : 1;
      const shape = { ...stage, stride, inputs: channels, size: edge, padding };
      channels = stage.outputs;
      edge = Math.ceil(edge / stride);
      return shape;
    }),
  );
}

/** Widen, filter each channel by itself, narrow; added to the input where the shapes agree (Sandler et al., 2018). */
export class InvertedResidual {
  private readonly expand: FoldedConvolution | undefined;
  private readonly depthwise: FoldedConvolution;
  private readonly excitation: SqueezeExcitation | undefined;
  private readonly project: FoldedConvolution;
  private readonly residual: boolean;

  constructor(scope: Scope, { inputs, outputs, expansion, stride, kernel, size, padding, activation, excited = false }: InvertedResidualShape) {
    const hidden = roundedChannels(inputs * expansion);
    const convolution = (name: string, config: { inputs: number; outputs: number; size: number; kernel?: number; stride?: number; groups?: number }, last = false) =>
      new FoldedConvolution(scope.child(name), { kernel: 1, stride: 1, padding, activation: last ? undefined : activation, ...config });
    if (expansion !== 1) this.expand = convolution("expand", { inputs, outputs: hidden, size });
    this.depthwise = convolution("depthwise", { inputs: hidden, outputs: hidden, kernel, stride, size, groups: hidden });
    if (excited)
      this.excitation = new SqueezeExcitation(scope.child("excitation"), { channels: hidden, hidden: roundedChannels(hidden / 4), gate: "hardSigmoid" });
    this.project = convolution("project", { inputs: hidden, outputs, size: Math.ceil(size / stride) }, true);
    this.residual = stride === 1 && inputs === outputs;
  }

  forward(x: Tensor): Tensor {
    const filtered = this.depthwise.forward(this.expand?.forward(x) ?? x);
    const y = this.project.forward(this.excitation?.forward(filtered) ?? filtered);
    return this.residual ? add(x, y) : y;
  }
}

/** The nearest multiple of 8 that is not more than 10% smaller. */
export function roundedChannels(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}
