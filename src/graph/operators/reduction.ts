import { elementCount } from "../dimension.ts";
import { apply, type Operator, type Tensor } from "../tensor.ts";
import { cast, divide, equal, multiply } from "./elementwise.ts";
import { expand, normaliseAxes, reducedShape, reshape, sum } from "./layout.ts";

interface Reduction {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

export const meanOperator: Operator<Reduction> = {
  name: "mean",
  shape: ([x], { axes, keepDims }) => [{ dtype: x!.dtype, shape: reducedShape("mean", x!, axes, keepDims) }],
  onnx(emitter, { attributes: { axes, keepDims } }, inputs, outputs) {
    emitter.node("ReduceMean", [inputs[0]!, emitter.constant(axes, [axes.length], "int64")], outputs, { keepdims: Number(keepDims) });
  },
  gradient({ inputs: [x], attributes: { axes } }, [dy]) {
    if (dy === undefined) return [];
    const kept = reshape(dy, reducedShape("mean", x!, axes, true));
    const count = elementCount(axes.map((axis) => x!.shape[axis]!));
    if (typeof count === "number") return [expand(divide(kept, count), x!.shape)];
    // How many elements were averaged is known only at run time: the share of one element is the mean of the identity's row.
    return [multiply(expand(kept, x!.shape), oneOver(x!, axes))];
  },
};

/** 1 / (number of elements along `axes`), by counting them at run time. */
function oneOver(x: Tensor, axes: readonly number[]): Tensor {
  const ones = cast(equal(x, x), "float32");
  return divide(1, sum(ones, axes, { keepDims: true }));
}

export const maxOperator: Operator<Reduction> = {
  name: "max",
  shape: ([x], { axes, keepDims }) => [{ dtype: x!.dtype, shape: reducedShape("max", x!, axes, keepDims) }],
  onnx(emitter, { attributes: { axes, keepDims } }, inputs, outputs) {
    emitter.node("ReduceMax", [inputs[0]!, emitter.constant(axes, [axes.length], "int64")], outputs, { keepdims: Number(keepDims) });
  },
  // The gradient goes to the largest elements, in equal parts where several are equal.
  gradient({ inputs: [x], outputs: [y], attributes: { axes } }, [dy]) {
    if (dy === undefined) return [];
    const kept = reducedShape("max", x!, axes, true);
    const winners = cast(equal(x!, expand(reshape(y!, kept), x!.shape)), "float32");
    return [multiply(winners, expand(divide(reshape(dy, kept), sum(winners, axes, { keepDims: true })), x!.shape))];
  },
};

/** Arithmetic mean over `axes`. */
export function mean(x: Tensor, axes: number | readonly number[], options: { keepDims?: boolean } = {}): Tensor {
  return apply(meanOperator, [x], { axes: normaliseAxes(x, axes), keepDims: options.keepDims ?? false });
}

/** Largest element over `axes`. */
export function max(x: Tensor, axes: number | readonly number[], options: { keepDims?: boolean } = {}): Tensor {
  return apply(maxOperator, [x], { axes: normaliseAxes(x, axes), keepDims: options.keepDims ?? false });
}
