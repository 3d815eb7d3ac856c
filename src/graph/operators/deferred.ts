import { elementCount } from "../dimension.ts";
import { apply, notDifferentiable, type Operator, ShapeError, type Tensor } from "../tensor.ts";

const deferredOperator: Operator<null> = {
  name: "deferred",
  shape(inputs) {
    const [x, after] = inputs as [Tensor, Tensor];
    if (typeof elementCount(x.shape) !== "number" || after.shape.length === 0)
      throw new ShapeError("deferred", inputs, "needs known sizes, and something with at least one axis to wait for");
    return [x];
  },
  onnx(emitter, { inputs: [x] }, [given, after], outputs) {
    const sizes = (...shape: readonly number[]): string => emitter.constant(shape, [shape.length], "int64");
    // Nobody knows that it is 0 before `after` is there.
    const zero = emitter.value("Min", [emitter.value("Shape", [after!], { start: 0, end: 1 }), sizes(0)]);
    emitter.node("Reshape", [given!, emitter.value("Add", [sizes(...(x!.shape as readonly number[])), zero])], outputs);
  },
  gradient: notDifferentiable,
};

/** `x` itself, known only when `after` is there: what is made of a constant in this way ONNX Runtime neither makes ahead nor keeps. */
export function deferred(x: Tensor, after: Tensor): Tensor {
  return apply(deferredOperator, [x, after], null);
}
