import { apply, type Operator, ShapeError, type Tensor } from "../tensor.ts";

const deferredOperator: Operator<null> = {
  name: "deferred",
  shape(inputs) {
    const [x, after] = inputs as [Tensor, Tensor];
    if (after.shape.length === 0) throw new ShapeError("deferred", inputs, "needs something with at least one axis to wait for");
    return [x];
  },
  onnx(emitter, _, [given, after], outputs) {
    // Nobody knows that it is 0 before `after` is there.
    const zero = emitter.value("Min", [emitter.value("Shape", [after!], { start: 0, end: 1 }), emitter.constant([0], [1], "int64")]);
    emitter.node("Reshape", [given!, emitter.value("Add", [emitter.value("Shape", [given!]), zero])], outputs);
  },
  gradient: (_, [dy]) => [dy],
};

/**
 * `x` itself, known only when `after` is there: what is made of it in this way ONNX Runtime neither makes ahead nor keeps, and nobody takes for what is made of `x`.
 * @param after - of one axis at least, the first of which has a name: a size that is known beforehand cannot be waited for
 */
export function deferred(x: Tensor, after: Tensor): Tensor {
  return apply(deferredOperator, [x, after], null);
}
