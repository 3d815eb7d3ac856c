/** Products in whole numbers: matrices with one scale for each output, and inputs turned to 8 bits vector by vector. For many rows at once, where arithmetic is what takes the time. */
import { apply, type Operator, ShapeError, type Tensor } from "../tensor.ts";
import { deferred } from "./deferred.ts";
import { cast, multiply } from "./elementwise.ts";
import { matmul } from "./product.ts";

/**
 * A matrix [rows, columns] in 8 bits: value = scale of the row · code. Codes are at most {@link largestChannelCode}, so that the sum of two products with bytes fits 16 bits: processors without
 * instructions for such products (VNNI) add them up there, and larger sums would be cut off.
 */
export interface ChannelMatrix {
  readonly shape: readonly [rows: number, columns: number];
  /** int8 [columns, rows]: turned around, as the product reads it. */
  readonly codes: Tensor;
  /** float32 [rows] */
  readonly scales: Tensor;
}

export const largestChannelCode = 63;

/** Inputs become bytes around this one. */
const middle = 128;

export const channelProductOperator: Operator<null> = {
  name: "channelProduct",
  shape(inputs) {
    const [x, codes, scales] = inputs as [Tensor, Tensor, Tensor];
    const [columns, rows] = codes.shape;
    if (codes.dtype !== "int8" || codes.shape.length !== 2) throw new ShapeError("channelProduct", inputs, "codes must be int8 [columns, rows]");
    if (scales.dtype !== "float32" || scales.shape.length !== 1 || scales.shape[0] !== rows)
      throw new ShapeError("channelProduct", inputs, `the scales must be float32 [${rows}]`);
    if (x.dtype !== "float32" || x.shape.length !== 2) throw new ShapeError("channelProduct", inputs, "the other operand must be float32 [count, columns]");
    if (x.shape[1] !== columns) throw new ShapeError("channelProduct", inputs, `the inner sizes differ: ${x.shape[1]} and ${columns}`);
    return [{ dtype: "float32", shape: [x.shape[0]!, rows!] }];
  },
  onnx(emitter, _, [x, codes, scales], outputs) {
    const number = (value: number): string => emitter.constant([value], [], "float32");
    const bytes = emitter.constant([middle], [], "uint8");
    const vectors = emitter.constant([1], [1], "int64");
    const largest = emitter.value("ReduceMax", [emitter.value("Abs", [x!]), vectors], { keepdims: 1 }); // [count, 1]
    // A vector of zeros has no scale of its own: any will do.
    const vectorScales = emitter.value("Max", [emitter.value("Mul", [largest, number(1 / 127)]), number(1e-30)]);
    const perVector = emitter.value("Squeeze", [vectorScales, vectors]);
    const middles = emitter.value("Expand", [bytes, emitter.value("Shape", [perVector])]);
    const rounded = emitter.value("QuantizeLinear", [x!, perVector, middles], { axis: 0 });
    const product = emitter.value("MatMulIntegerToFloat", [rounded, codes!, number(1), scales!, bytes], {}, "com.microsoft");
    emitter.node("Mul", [product, vectorScales], outputs);
  },
  // As if x were not rounded.
  gradient: ({ inputs: [, codes, scales] }, [dy]) => [dy && matmul(multiply(dy, scales!), cast(deferred(codes!, dy), "float32"), { transposeB: true })],
};

/**
 * `x·Wᵀ` with a matrix in 8 bits. Each row of x is rounded by itself to the 255 steps between its largest value and minus that, so that a result does not depend on what is computed beside it.
 * @param x - float32 [count, columns]
 * @returns [count, rows]
 */
export function channelProduct(x: Tensor, { codes, scales }: ChannelMatrix): Tensor {
  return apply(channelProductOperator, [x, codes, scales], null);
}
