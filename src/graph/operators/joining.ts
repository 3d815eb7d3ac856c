import { addDims, canonicalDim, type Dim, sameShape, subtractDims } from "../dimension.ts";
import { constant } from "../leaves.ts";
import { apply, applyAll, type Operator, ShapeError, type Tensor } from "../tensor.ts";
import { expand, normaliseAxes } from "./layout.ts";

export const concatOperator: Operator<{ axis: number }> = {
  name: "concat",
  cheap: true,
  shape(inputs, { axis }) {
    const [first] = inputs as [Tensor];
    for (const tensor of inputs) {
      const fits = tensor.shape.length === first.shape.length && tensor.shape.every((dim, i) => i === axis || dim === first.shape[i]);
      if (!fits || tensor.dtype !== first.dtype)
        throw new ShapeError("concat", inputs, `all must have the same type and, but for axis ${axis}, the same shape`);
    }
    const joined = addDims(...inputs.map(({ shape }) => shape[axis]!));
    return [{ dtype: first.dtype, shape: first.shape.map((dim, i) => (i === axis ? joined : dim)) }];
  },
  onnx: (emitter, { attributes }, inputs, outputs) => emitter.node("Concat", inputs, outputs, { axis: attributes.axis }),
  gradient({ inputs, attributes: { axis } }, [dy]) {
    if (dy === undefined) return [];
    let start: Dim = 0;
    return inputs.map((tensor) => {
      const end = addDims(start, tensor.shape[axis]!);
      const part = slice(dy, axis, start, end);
      start = end;
      return part;
    });
  },
};

/** Joins tensors along `axis`. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  if (tensors.length === 0) throw new Error("concat needs at least one tensor");
  return tensors.length === 1 ? tensors[0]! : apply(concatOperator, tensors, { axis: normaliseAxes(tensors[0]!, axis)[0]! });
}

export const sliceOperator: Operator<{ axis: number; start: Dim; end: Dim }> = {
  name: "slice",
  cheap: true,
  shape([x], { axis, start, end }) {
    const size = x!.shape[axis];
    if (size === undefined) throw new ShapeError("slice", [x!], `has no axis ${axis}`);
    const length = subtractDims(end, start);
    const tooLong = typeof end === "number" && typeof size === "number" && end > size;
    if (tooLong || (typeof length === "number" && length < 0)) throw new ShapeError("slice", [x!], `${start} to ${end} is not within axis ${axis}`);
    return [{ dtype: x!.dtype, shape: x!.shape.map((dim, i) => (i === axis ? length : dim)) }];
  },
  onnx(emitter, { attributes: { axis, start, end } }, inputs, outputs) {
    emitter.node("Slice", [inputs[0]!, emitter.sizes([start]), emitter.sizes([end]), emitter.constant([axis], [1], "int64")], outputs);
  },
  gradient({ inputs: [x], attributes: { axis, start, end } }, [dy]) {
    if (dy === undefined) return [];
    const zeros = (size: Dim): Tensor[] =>
      size === 0
        ? []
        : [
            expand(
              constant(0, [], dy.dtype),
              dy.shape.map((dim, i) => (i === axis ? size : dim)),
            ),
          ];
    return [concat([...zeros(start), dy, ...zeros(subtractDims(x!.shape[axis]!, end))], axis)];
  },
};

/** Elements `start … end-1` of one axis; both may be named dimensions. */
export function slice(x: Tensor, axis: number, start: Dim, end: Dim): Tensor {
  const [at] = normaliseAxes(x, axis) as [number];
  if (canonicalDim(start) === 0 && canonicalDim(end) === x.shape[at]) return x;
  return apply(sliceOperator, [x], { axis: at, start: canonicalDim(start), end: canonicalDim(end) });
}

export const splitOperator: Operator<{ axis: number; sizes: readonly Dim[] }> = {
  name: "split",
  cheap: true,
  shape([x], { axis, sizes }) {
    if (!sameShape([addDims(...sizes)], [x!.shape[axis]!])) throw new ShapeError("split", [x!], `parts of ${sizes.join(" + ")} do not fill axis ${axis}`);
    return sizes.map((size) => ({ dtype: x!.dtype, shape: x!.shape.map((dim, i) => (i === axis ? size : dim)) }));
  },
  onnx: (emitter, { attributes: { axis, sizes } }, [x], outputs) => emitter.node("Split", [x!, emitter.sizes(sizes)], outputs, { axis }),
  gradient({ outputs, attributes: { axis } }, gradients) {
    return [
      concat(
        gradients.map((dy, i) => dy ?? expand(constant(0, [], outputs[i]!.dtype), outputs[i]!.shape)),
        axis,
      ),
    ];
  },
};

/** Cuts one axis into parts of these sizes, which must fill it. */
export function split(x: Tensor, axis: number, sizes: readonly Dim[]): readonly Tensor[] {
  const [at] = normaliseAxes(x, axis) as [number];
  return sizes.length === 1 && sameShape(sizes, [x.shape[at]!]) ? [x] : applyAll(splitOperator, [x], { axis: at, sizes: sizes.map(canonicalDim) });
}
