/** The graph room's public face. It assembles and defines nothing. */
export { addDims, type Dim, divideDims, elementCount, evaluateDimension, formatShape, multiplyDims, type Shape, subtractDims } from "./dimension.ts";
export { type ParameterPlace, withParameters } from "./external-data.ts";
export { type GradientOptions, gradients } from "./gradients.ts";
export { constant, type Initialiser, input, parameter, parameterAttributes } from "./leaves.ts";
export { type OnnxGraph, type OnnxOptions, toOnnx, type ValueInfo } from "./onnx.ts";
export { quickGelu, silu, squaredRelu } from "./operators/activations.ts";
export { blockEnd } from "./operators/block-end.ts";
export { type BlockMatrix, type BlockSize, blockProduct, blockRows } from "./operators/block-product.ts";
export { cachedAttention, fitsCachedAttention } from "./operators/cached-attention.ts";
export { type ChannelMatrix, channelProduct, largestChannelCode } from "./operators/channel-product.ts";
export { averagePool, convolution } from "./operators/convolution.ts";
export {
  add,
  and,
  cast,
  clip,
  cos,
  divide,
  equal,
  erf,
  exp,
  gelu,
  less,
  lessOrEqual,
  log,
  maximum,
  minimum,
  multiply,
  negate,
  type Operand,
  reciprocal,
  relu,
  sigmoid,
  sin,
  sqrt,
  square,
  stopGradient,
  subtract,
  tanh,
  where,
} from "./operators/elementwise.ts";
export { filled, gather, gatherOnce, iota, scatterAdd, takeAlongLast } from "./operators/indexing.ts";
export { concat, slice, split } from "./operators/joining.ts";
export { expand, mergeAxes, reshape, splitAxis, sum, sumTo, transpose } from "./operators/layout.ts";
export { layerNorm, logSoftmax, rmsNorm, softmax, surprise } from "./operators/normalisation.ts";
export { matmul, swapAxes } from "./operators/product.ts";
export { max, mean } from "./operators/reduction.ts";
export { type RotaryAngles, type RotaryLayout, type RotaryTable, rotate, rotateBy } from "./operators/rotation.ts";
export { type DType, describe, type Node, ShapeError, type Tensor, type TensorType, topologicalOrder } from "./tensor.ts";
