/** Activations of two steps whose derivative is less to compute as one than step by step. */
import { apply, type Operator, type Tensor } from "../tensor.ts";
import { add, multiply, relu, subtract } from "./elementwise.ts";

const gatedOperator: Operator<{ slope: number }> = {
  name: "gatedBySigmoid",
  vectorwise: true,
  cheap: true,
  shape: ([x]) => [x!, x!],
  onnx(emitter, { attributes: { slope } }, [x], [y, gate]) {
    const steep = slope === 1 ? x! : emitter.value("Mul", [x!, emitter.constant([slope], [], "float32")]);
    emitter.node("Sigmoid", [steep], [gate!]);
    emitter.node("Mul", [x!, gate!], [y!]);
  },
  // With the gate g: dx = dy · g·(1 + slope·(x − y)), which is less to compute than the derivatives of both factors.
  gradient: ({ inputs: [x], attributes: { slope }, outputs: [y, gate] }, [dy]) => [
    dy && multiply(dy, multiply(gate!, add(multiply(subtract(x!, y!), slope), 1))),
  ],
};

/** CLIP's approximation of GELU: `x · sigmoid(1.702 x)`. */
export function quickGelu(x: Tensor): Tensor {
  return apply(gatedOperator, [x], { slope: 1.702 });
}
/** `x · sigmoid(x)`. */
export function silu(x: Tensor): Tensor {
  return apply(gatedOperator, [x], { slope: 1 });
}

const squaredReluOperator: Operator<null> = {
  name: "squaredRelu",
  vectorwise: true,
  cheap: true,
  shape: ([x]) => [x!],
  onnx(emitter, _, inputs, outputs) {
    const positive = emitter.value("Relu", inputs);
    emitter.node("Mul", [positive, positive], outputs);
  },
  // dx = dy · 2·relu(x), which is 0 where nothing flows: no element has to be chosen, for which ONNX Runtime takes longer than for all of this. Doubled before, since it would take relu(x) for the
  // forward pass's own, and keep that.
  gradient: ({ inputs: [x] }, [dy]) => [dy && multiply(dy, relu(multiply(x!, 2)))],
};

/** The new layers' activation (paper, section 3.2 of the appendix): `relu(x)²`. */
export function squaredRelu(x: Tensor): Tensor {
  return apply(squaredReluOperator, [x], null);
}
