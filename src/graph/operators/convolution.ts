/** Two-dimensional convolution and the two products that are its derivatives. Layout: [batch, channels, height, width]. */
import { type Dim, multiplyDims, type Shape } from "../dimension.ts";
import { constant } from "../leaves.ts";
import { apply, type Operator, ShapeError, type Tensor } from "../tensor.ts";
import { add } from "./elementwise.ts";
import { slice } from "./joining.ts";
import { expand, reshape, transpose } from "./layout.ts";

/** [top, left, bottom, right] */
type Padding = readonly [number, number, number, number];

interface ConvolutionAttributes {
  readonly stride: number;
  readonly dilation: number;
  readonly padding: Padding;
  readonly groups: number;
}

export interface ConvolutionOptions {
  /** [output channels] */
  bias?: Tensor;
  stride?: number;
  dilation?: number;
  padding?: Padding;
  groups?: number;
}

function numericSizes(name: string, inputs: readonly Tensor[], tensor: Tensor): readonly [number, number] {
  const [height, width] = tensor.shape.slice(-2);
  if (typeof height !== "number" || typeof width !== "number") throw new ShapeError(name, inputs, "height and width must be numbers, not names");
  return [height, width];
}

const convolutionOperator: Operator<ConvolutionAttributes> = {
  name: "convolution",
  shape(inputs, { stride, dilation, padding, groups }) {
    const [x, weight] = inputs as [Tensor, Tensor];
    if (x.shape.length !== 4 || weight.shape.length !== 4) throw new ShapeError("convolution", inputs, "both operands need 4 axes");
    const [outputs, inner] = weight.shape as [number | string, number | string];
    const channels = x.shape[1]!;
    if (channels !== multiplyDims(inner, groups)) throw new ShapeError("convolution", inputs, `${channels} channels are not ${groups} groups of ${inner}`);
    if (typeof outputs === "number" && outputs % groups !== 0)
      throw new ShapeError("convolution", inputs, `${outputs} outputs are not divisible by ${groups} groups`);
    const [height, width] = numericSizes("convolution", inputs, x);
    const kernel = numericSizes("convolution", inputs, weight);
    const size = (length: number, kernelSize: number, pad: number): number => Math.floor((length + pad - dilation * (kernelSize - 1) - 1) / stride) + 1;
    const out = [size(height, kernel[0], padding[0] + padding[2]), size(width, kernel[1], padding[1] + padding[3])];
    if (out.some((length) => length < 1)) throw new ShapeError("convolution", inputs, "the kernel is larger than the padded picture");
    return [{ dtype: x.dtype, shape: [x.shape[0]!, outputs, ...out] }];
  },
  onnx: (emitter, { inputs: [, weight], attributes }, inputs, outputs) =>
    emitter.node("Conv", inputs, outputs, {
      kernel_shape: weight!.shape.slice(2) as number[],
      strides: [attributes.stride, attributes.stride],
      dilations: [attributes.dilation, attributes.dilation],
      pads: attributes.padding,
      group: attributes.groups,
    }),
  gradient({ inputs: [x, weight], attributes }, [dy]) {
    if (dy === undefined) return [];
    return [inputGradient(x!.shape, weight!, dy, attributes), weightGradient(x!, weight!.shape, dy, attributes)];
  },
};

/** Spreads `dy` back over the input: the transposed convolution, padded out to the input's exact size. */
function inputGradient(shape: Shape, weight: Tensor, dy: Tensor, attributes: ConvolutionAttributes): Tensor {
  return apply(transposedConvolutionOperator, [dy, weight], { ...attributes, height: shape[2] as number, width: shape[3] as number });
}

const transposedConvolutionOperator: Operator<ConvolutionAttributes & { height: number; width: number }> = {
  name: "transposedConvolution",
  shape: ([dy, weight], { groups, height, width }) => [{ dtype: dy!.dtype, shape: [dy!.shape[0]!, multiplyDims(weight!.shape[1]!, groups), height, width] }],
  onnx(emitter, { inputs: [dy, weight], attributes: { stride, dilation, padding, groups, height, width } }, inputs, outputs) {
    const reach = (axis: number): number => (dy!.shape[axis + 2] as number) * stride - stride + dilation * ((weight!.shape[axis + 2] as number) - 1) + 1;
    // What the forward pass did not reach at the far edge (its size was rounded down) gets zeros.
    const extra = [height + padding[0] + padding[2] - reach(0), width + padding[1] + padding[3] - reach(1)];
    emitter.node("ConvTranspose", inputs, outputs, {
      kernel_shape: weight!.shape.slice(2) as number[],
      strides: [stride, stride],
      dilations: [dilation, dilation],
      // A far-edge remainder beyond the padding would make that padding negative, so it becomes output padding.
      pads: [padding[0], padding[1], Math.max(0, padding[2] - extra[0]!), Math.max(0, padding[3] - extra[1]!)],
      output_padding: [Math.max(0, extra[0]! - padding[2]), Math.max(0, extra[1]! - padding[3])],
      group: groups,
    });
  },
  gradient({ inputs: [dy, weight], attributes }, [gradient]) {
    if (gradient === undefined) return [];
    const { stride, dilation, padding, groups } = attributes;
    return [apply(convolutionOperator, [gradient, weight!], { stride, dilation, padding, groups }), weightGradient(gradient, weight!.shape, dy!, attributes)];
  },
};

/**
 * Correlates the input with `dy`: pictures of the batch become channels, channels become the batch, and the stride of the forward pass
 * becomes the dilation of the kernel `dy`. Groups stay groups.
 */
function weightGradient(x: Tensor, weightShape: Shape, dy: Tensor, { stride, dilation, padding, groups }: ConvolutionAttributes): Tensor {
  const [batch, , height, width] = x.shape as [Dim, Dim, Dim, Dim];
  const [outputs, inner, kernelHeight, kernelWidth] = weightShape as [Dim, Dim, Dim, Dim];
  const split = reshape(x, [batch, groups, inner, height, width]);
  const pictures = reshape(transpose(split, [2, 1, 0, 3, 4]), [inner, multiplyDims(groups, batch), height, width]);
  const kernels = transpose(dy, [1, 0, 2, 3]); // [outputs, batch, height', width']
  const correlated = apply(convolutionOperator, [pictures, kernels], { stride: dilation, dilation: stride, padding, groups });
  // Rows at the far edge that the forward pass never used come out as surplus.
  const cut = slice(slice(correlated, 2, 0, kernelHeight), 3, 0, kernelWidth);
  return reshape(transpose(cut, [1, 0, 2, 3]), [outputs, inner, kernelHeight, kernelWidth]);
}

/**
 * Convolution (cross-correlation, as in every deep-learning library).
 * @param x - [batch, channels, height, width]
 * @param weight - [outputs, channels / groups, kernelHeight, kernelWidth]
 * @returns [batch, outputs, height', width']
 */
export function convolution(x: Tensor, weight: Tensor, options: ConvolutionOptions = {}): Tensor {
  const { stride = 1, dilation = 1, padding = [0, 0, 0, 0], groups = 1, bias } = options;
  const y = apply(convolutionOperator, [x, weight], { stride, dilation, padding, groups });
  return bias === undefined ? y : add(y, reshape(bias, [bias.shape[0]!, 1, 1]));
}

/** Mean of each `size`×`size` window, without padding. */
export function averagePool(x: Tensor, size: number, stride: number = size): Tensor {
  const channels = x.shape[1] as number;
  const window = expand(constant(1 / (size * size), [1, 1, 1, 1]), [channels, 1, size, size]);
  return convolution(x, window, { stride, groups: channels });
}
