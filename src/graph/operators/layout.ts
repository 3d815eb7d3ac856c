/** Operators that only move or repeat elements, and the sum that undoes repetition: each one's derivative is another of them. */
import { canonicalDim, type Dim, divideDims, elementCount, formatShape, multiplyDims, type Shape, sameShape } from "../dimension.ts";
import { apply, type Operator, ShapeError, type Tensor } from "../tensor.ts";

export const reshapeOperator: Operator<{ shape: Shape }> = {
  name: "reshape",
  cheap: true,
  shape([x], { shape }) {
    const [from, to] = [elementCount(x!.shape), elementCount(shape)];
    if (from !== to) throw new ShapeError("reshape", [x!], `${from} elements do not fill ${formatShape(shape)} (${to})`);
    return [{ dtype: x!.dtype, shape }];
  },
  onnx(emitter, { inputs: [x], attributes: { shape } }, inputs, outputs) {
    // One unknown size may be left to ONNX; sizes at the same axis as before are written 0 (copy). That avoids run-time arithmetic.
    const copied = shape.map((dim, axis) => typeof dim === "string" && x!.shape[axis] === dim);
    const unknown = shape.flatMap((dim, axis) => (typeof dim === "string" && !copied[axis] ? [axis] : []));
    const sizes =
      unknown.length <= 1 && !shape.includes(0)
        ? emitter.constant(
            shape.map((dim, axis) => (copied[axis] ? 0 : typeof dim === "string" ? -1 : dim)),
            [shape.length],
            "int64",
          )
        : emitter.sizes(shape);
    emitter.node("Reshape", [inputs[0]!, sizes], outputs);
  },
  gradient: ({ inputs: [x] }, [dy]) => [dy && reshape(dy, x!.shape)],
};

/** Same elements in row-major order under another shape. Named dimensions may be merged and split. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const canonical = shape.map(canonicalDim);
  return sameShape(x.shape, canonical) ? x : apply(reshapeOperator, [x], { shape: canonical });
}

/** Joins axes `from … to` (inclusive) into one. */
export function mergeAxes(x: Tensor, from: number, to: number): Tensor {
  return reshape(x, [...x.shape.slice(0, from), elementCount(x.shape.slice(from, to + 1)), ...x.shape.slice(to + 1)]);
}

/** Splits one axis into several sizes; one of them may be left out as `undefined` and is then derived. */
export function splitAxis(x: Tensor, axis: number, sizes: readonly (Dim | undefined)[]): Tensor {
  const known = multiplyDims(1, ...sizes.filter((size) => size !== undefined));
  const rest = divideDims(x.shape[axis]!, known);
  if (rest === undefined) throw new ShapeError("splitAxis", [x], `axis ${axis} is not divisible by ${known}`);
  return reshape(x, [...x.shape.slice(0, axis), ...sizes.map((size) => size ?? rest), ...x.shape.slice(axis + 1)]);
}

export const transposeOperator: Operator<{ permutation: readonly number[] }> = {
  name: "transpose",
  cheap: true,
  shape([x], { permutation }) {
    const axes = [...permutation].sort((a, b) => a - b);
    if (axes.length !== x!.shape.length || axes.some((axis, i) => axis !== i)) {
      throw new ShapeError("transpose", [x!], `[${permutation.join(", ")}] is not an order of its ${x!.shape.length} axes`);
    }
    return [{ dtype: x!.dtype, shape: permutation.map((axis) => x!.shape[axis]!) }];
  },
  onnx: (emitter, { attributes }, inputs, outputs) => emitter.node("Transpose", inputs, outputs, { perm: attributes.permutation }),
  gradient({ attributes: { permutation } }, [dy]) {
    const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
    return [dy && transpose(dy, inverse)];
  },
};

/** Axis `i` of the result is axis `permutation[i]` of `x`. */
export function transpose(x: Tensor, permutation: readonly number[]): Tensor {
  return permutation.every((axis, i) => axis === i) && permutation.length === x.shape.length ? x : apply(transposeOperator, [x], { permutation });
}

export const expandOperator: Operator<{ shape: Shape }> = {
  name: "expand",
  cheap: true,
  shape([x], { shape }) {
    const lead = shape.length - x!.shape.length;
    if (lead < 0 || x!.shape.some((dim, axis) => dim !== 1 && dim !== shape[axis + lead])) {
      throw new ShapeError("expand", [x!], `cannot be repeated to ${formatShape(shape)}`);
    }
    return [{ dtype: x!.dtype, shape }];
  },
  onnx: (emitter, { attributes }, inputs, outputs) => emitter.node("Expand", [inputs[0]!, emitter.sizes(attributes.shape)], outputs),
  gradient: ({ inputs: [x] }, [dy]) => [dy && sumTo(dy, x!.shape)],
};

/** Repeats axes of size 1 (and missing leading axes) to `shape`. */
export function expand(x: Tensor, shape: Shape): Tensor {
  const canonical = shape.map(canonicalDim);
  return sameShape(x.shape, canonical) ? x : apply(expandOperator, [x], { shape: canonical });
}

export const sumOperator: Operator<{ axes: readonly number[]; keepDims: boolean }> = {
  name: "sum",
  shape: ([x], { axes, keepDims }) => [{ dtype: x!.dtype, shape: reducedShape("sum", x!, axes, keepDims) }],
  onnx(emitter, { attributes: { axes, keepDims } }, inputs, outputs) {
    emitter.node("ReduceSum", [inputs[0]!, emitter.constant(axes, [axes.length], "int64")], outputs, { keepdims: Number(keepDims) });
  },
  gradient: ({ inputs: [x], attributes: { axes } }, [dy]) => [dy && expand(reshape(dy, reducedShape("sum", x!, axes, true)), x!.shape)],
};

/** The shape after reducing `axes`. */
export function reducedShape(operator: string, x: Tensor, axes: readonly number[], keepDims: boolean): Shape {
  for (const axis of axes) {
    if (!(axis >= 0 && axis < x.shape.length)) throw new ShapeError(operator, [x], `has no axis ${axis}`);
  }
  return keepDims ? x.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim)) : x.shape.filter((_, axis) => !axes.includes(axis));
}

/** Negative axes count from the end. */
export function normaliseAxes(x: Tensor, axes: number | readonly number[]): readonly number[] {
  return (typeof axes === "number" ? [axes] : axes).map((axis) => (axis < 0 ? axis + x.shape.length : axis));
}

/** Sum over `axes`. */
export function sum(x: Tensor, axes: number | readonly number[], options: { keepDims?: boolean } = {}): Tensor {
  const list = normaliseAxes(x, axes);
  return list.length === 0 ? x : apply(sumOperator, [x], { axes: list, keepDims: options.keepDims ?? false });
}

/** Undoes broadcasting: sums `x` until it has `shape`. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const lead = x.shape.length - shape.length;
  const axes = x.shape.flatMap((dim, axis) => (axis < lead || (shape[axis - lead] === 1 && dim !== 1) ? [axis] : []));
  return reshape(sum(x, axes, { keepDims: true }), shape);
}
