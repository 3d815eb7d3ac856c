import { apply, type Operator, type Tensor } from "../tensor.ts";

export const blockEndOperator: Operator<null> = {
  name: "blockEnd",
  shape: ([x]) => [x!],
  onnx: (emitter, _, inputs, outputs) => emitter.node("Identity", inputs, outputs),
  gradient: (_, [dy]) => [dy],
};

/**
 * `x` itself, marked as what a block of a deep model hands to the next. It costs nothing. Where a derivative is asked for with `recompute`, what is marked is kept for the backward pass and what lies
 * between is computed again.
 */
export function blockEnd(x: Tensor): Tensor {
  return apply(blockEndOperator, [x], null);
}
