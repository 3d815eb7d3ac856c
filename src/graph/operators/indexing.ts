/** Reading by index and its derivative, adding by index. */
import { canonicalDim, type Dim, elementCount, type Shape } from "../dimension.ts";
import { constant } from "../leaves.ts";
import { apply, notDifferentiable, type Operator, ShapeError, type Tensor } from "../tensor.ts";
import { add, equal, where } from "./elementwise.ts";
import { concat } from "./joining.ts";
import { expand, reshape, transpose } from "./layout.ts";

export const gatherOperator: Operator<null> = {
  name: "gather",
  cheap: true,
  shape(inputs) {
    const [x, indices] = inputs as [Tensor, Tensor];
    if (indices.dtype !== "int64" && indices.dtype !== "int32") throw new ShapeError("gather", inputs, `indices must be int64 or int32, not ${indices.dtype}`);
    if (x.shape.length === 0) throw new ShapeError("gather", inputs, "there are no rows to choose from");
    return [{ dtype: x.dtype, shape: [...indices.shape, ...x.shape.slice(1)] }];
  },
  onnx: (emitter, _, inputs, outputs) => emitter.node("Gather", inputs, outputs, { axis: 0 }),
  gradient: ({ inputs: [x, indices] }, [dy]) => [dy && scatterAdd(x!.shape, indices!, dy)],
};

export const scatterAddOperator: Operator<{ shape: Shape }> = {
  name: "scatterAdd",
  shape(inputs, { shape }) {
    const [indices, rows] = inputs as [Tensor, Tensor];
    const fits = [...indices.shape, ...shape.slice(1)];
    if (fits.length !== rows.shape.length || fits.some((dim, axis) => dim !== rows.shape[axis])) {
      throw new ShapeError("scatterAdd", inputs, `the rows must be [${fits.join(", ")}]`);
    }
    return [{ dtype: rows.dtype, shape }];
  },
  onnx(emitter, { inputs: [indices], attributes: { shape } }, [indexName, rowsName], outputs) {
    // Element by element: ScatterND adds rows in several threads, which lose some of each other's sums where an index comes often.
    const [count, width] = [elementCount(indices!.shape), elementCount(shape.slice(1))];
    const zeros = emitter.value("Expand", [emitter.constant([0], [], "float32"), emitter.sizes([shape[0]!, width])]);
    const column = emitter.value("Reshape", [indexName!, emitter.constant([-1, 1], [2], "int64")]);
    const places = emitter.value("Expand", [column, emitter.sizes([count, width])]);
    const flat = emitter.value("Reshape", [rowsName!, emitter.sizes([count, width])]);
    const sums = emitter.value("ScatterElements", [zeros, places, flat], { axis: 0, reduction: "add" });
    emitter.node("Reshape", [sums, emitter.sizes(shape)], outputs);
  },
  gradient: ({ inputs: [indices] }, [dy]) => [undefined, dy && apply(gatherOperator, [dy, indices!], null)],
};

/** Zeros of `shape`, to whose row `indices[i]` each `rows[i]` is added. */
export function scatterAdd(shape: Shape, indices: Tensor, rows: Tensor): Tensor {
  return apply(scatterAddOperator, [indices, rows], { shape: shape.map(canonicalDim) });
}

/**
 * Entries `indices` (int64, any shape) of one axis of `x`; the index axes take that axis's place.
 * The gradient adds each result's gradient to the entry it came from.
 */
export function gather(x: Tensor, indices: Tensor, axis = 0): Tensor {
  if (axis === 0) return apply(gatherOperator, [x, indices], null);
  const order = [axis, ...x.shape.keys()].filter((a, i) => i === 0 || a !== axis);
  const rows = apply(gatherOperator, [transpose(x, order), indices], null); // [...indices, ...the other axes]
  const rank = indices.shape.length;
  const back = [...Array(axis).keys()]
    .map((a) => a + rank)
    .concat(
      [...Array(rank).keys()],
      [...Array(x.shape.length - axis - 1).keys()].map((a) => a + rank + axis),
    );
  return transpose(rows, back);
}

const gatherOnceOperator: Operator<{ zeroBeyond: boolean }> = {
  name: "gatherOnce",
  cheap: true,
  shape(inputs) {
    const [x, indices, readers] = inputs as [Tensor, Tensor, Tensor];
    if (indices.dtype !== "int64" || readers.dtype !== "int64") throw new ShapeError("gatherOnce", inputs, "indices and readers must be int64");
    if (elementCount(readers.shape) !== x.shape[0]) throw new ShapeError("gatherOnce", inputs, "each row needs its reader");
    return [{ dtype: x.dtype, shape: [...indices.shape, ...x.shape.slice(1)] }];
  },
  onnx(emitter, { inputs: [x], attributes: { zeroBeyond } }, [rows, indices], outputs) {
    const zeros = (): string => emitter.value("Expand", [emitter.constant([0], [], "float32"), emitter.sizes([1, ...x!.shape.slice(1)])]);
    emitter.node("Gather", [zeroBeyond ? emitter.value("Concat", [rows!, zeros()], { axis: 0 }) : rows!, indices!], outputs, { axis: 0 });
  },
  gradient({ inputs: [x, indices, readers] }, [dy]) {
    if (dy === undefined) return [];
    const flat = (tensor: Tensor): Tensor => reshape(tensor, [elementCount(tensor.shape)]);
    const reader = flat(readers!);
    const read = gather(concat([flat(indices!), constant([-1], [1], "int64")], 0), reader); // [rows]
    const place = where(equal(read, iota(x!.shape[0]!)), add(reader, 1), 0);
    const rest = x!.shape.slice(1);
    return [gather(concat([filled(0, [1, ...rest]), reshape(dy, [elementCount(indices!.shape), ...rest])], 0), place)];
  },
};

/**
 * Rows `indices` of `x`, as {@link gather} gives them, where it is known who reads each row: so its gradient is read, which takes far less time than adding does.
 * @param x - [rows, ...]
 * @param indices - int64, any shape
 * @param readers - int64, as many as there are rows: the place in `indices` whose result depends on the row. One that does not name the row, or is one past the last place, says that nothing does; whatever else reads it
 * (padding) gives it no gradient
 * @param zeroBeyond - whether an index may be one past the last row, which gives zeros. Default: false
 */
export function gatherOnce(x: Tensor, indices: Tensor, readers: Tensor, { zeroBeyond = false }: { readonly zeroBeyond?: boolean } = {}): Tensor {
  return apply(gatherOnceOperator, [x, indices, readers], { zeroBeyond });
}

export const takeAlongLastOperator: Operator<null> = {
  name: "takeAlongLast",
  shape(inputs) {
    const [x, indices] = inputs as [Tensor, Tensor];
    const lead = x.shape.slice(0, -1);
    if (lead.length !== indices.shape.length || lead.some((dim, axis) => dim !== indices.shape[axis])) {
      throw new ShapeError("takeAlongLast", inputs, `the indices must be [${lead.join(", ")}]`);
    }
    return [{ dtype: x.dtype, shape: lead }];
  },
  onnx(emitter, _, [x, indices], outputs) {
    const axis = emitter.constant([-1], [1], "int64");
    const taken = emitter.value("GatherElements", [x!, emitter.value("Unsqueeze", [indices!, axis])], { axis: -1 });
    emitter.node("Squeeze", [taken, axis], outputs);
  },
  gradient: ({ inputs: [x, indices] }, [dy]) => [dy && addAlongLast(filled(0, x!.shape), indices!, dy)],
};

const addAlongLastOperator: Operator<null> = {
  name: "addAlongLast",
  shape: ([x]) => [x!],
  onnx(emitter, { inputs: [x] }, [sums, indices, values], outputs) {
    const axis = emitter.constant([-1], [1], "int64");
    const [places, added] = [indices!, values!].map((name) => emitter.value("Unsqueeze", [name, axis])) as [string, string];
    emitter.node("ScatterElements", [sums!, places, added], outputs, { axis: x!.shape.length - 1, reduction: "add" });
  },
  gradient: ({ inputs: [, indices] }, [dy]) => [dy, undefined, dy && takeAlongLast(dy, indices!)],
};

/** `x`, to one element of each row of which `values` are added. @param x - [..., size] @param indices - int64 [...] @param values - [...] */
export function addAlongLast(x: Tensor, indices: Tensor, values: Tensor): Tensor {
  return apply(addAlongLastOperator, [x, indices, values], null);
}

/** `x[…, indices[…]]`: one element of each row of the last axis. @param x - [..., size] @param indices - int64 [...] */
export function takeAlongLast(x: Tensor, indices: Tensor): Tensor {
  return apply(takeAlongLastOperator, [x, indices], null);
}

export const iotaOperator: Operator<{ size: Dim }> = {
  name: "iota",
  shape: (_, { size }) => [{ dtype: "int64", shape: [size] }],
  onnx(emitter, { attributes: { size } }, _, outputs) {
    const scalar = emitter.value("Squeeze", [emitter.sizes([size])]);
    emitter.node("Range", [emitter.constant([0], [], "int64"), scalar, emitter.constant([1], [], "int64")], outputs);
  },
  gradient: notDifferentiable,
};

/** 0, 1, 2, … as int64 [size]. */
export function iota(size: Dim): Tensor {
  return apply(iotaOperator, [], { size: canonicalDim(size) });
}

/** `value` in every element of `shape`. */
export function filled(value: number, shape: Shape): Tensor {
  return elementCount(shape) === 1 ? reshape(constant(value), shape) : expand(constant(value), shape);
}
