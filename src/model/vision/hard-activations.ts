/** Straight lines in the place of curves (Howard et al., 2019). */
import { add, clip, multiply, type Tensor } from "../../graph/graph.ts";

/** From 0 at -3 to 1 at 3. */
export function hardSigmoid(x: Tensor): Tensor {
  return multiply(clip(add(x, 3), 0, 6), 1 / 6);
}

export function hardSwish(x: Tensor): Tensor {
  return multiply(x, hardSigmoid(x));
}
