/** Softmax and the norms, over the last axis. Each is one ONNX operator (or a short run of them) with its closed-form derivative. */
import { apply, type Operator, ShapeError, type Tensor } from "../tensor.ts";
import { add, divide, exp, multiply, negate, sqrt, square, subtract } from "./elementwise.ts";
import { addAlongLast } from "./indexing.ts";
import { reshape, sum, sumTo } from "./layout.ts";
import { mean } from "./reduction.ts";

const softmaxOperator: Operator<null> = {
  name: "softmax",
  vectorwise: true,
  shape: ([x]) => [x!],
  onnx: (emitter, _, inputs, outputs) => emitter.node("Softmax", inputs, outputs, { axis: -1 }),
  // dx = y ⊙ (dy − Σ dy⊙y)
  gradient({ outputs: [y] }, [dy]) {
    return dy === undefined ? [] : [multiply(y!, subtract(dy, sum(multiply(dy, y!), -1, { keepDims: true })))];
  },
};

const logSoftmaxOperator: Operator<null> = {
  name: "logSoftmax",
  vectorwise: true,
  shape: ([x]) => [x!],
  onnx: (emitter, _, inputs, outputs) => emitter.node("LogSoftmax", inputs, outputs, { axis: -1 }),
  // dx = dy − softmax(x)·Σ dy
  gradient: ({ outputs: [y] }, [dy]) => [dy && subtract(dy, multiply(exp(y!), sum(dy, -1, { keepDims: true })))],
};

/** Exponentials over the last axis, divided by their sum. */
export function softmax(x: Tensor): Tensor {
  return apply(softmaxOperator, [x], null);
}

/** Logarithm of {@link softmax}, without its loss of precision. */
export function logSoftmax(x: Tensor): Tensor {
  return apply(logSoftmaxOperator, [x], null);
}

const surpriseOperator: Operator<null> = {
  name: "surprise",
  shape: ([logits, labels]) => [{ dtype: logits!.dtype, shape: labels!.shape }],
  onnx(emitter, _, [logits, labels], outputs) {
    const axis = emitter.constant([-1], [1], "int64");
    const all = emitter.value("LogSoftmax", [logits!], { axis: -1 });
    const own = emitter.value("GatherElements", [all, emitter.value("Unsqueeze", [labels!, axis])], { axis: -1 });
    emitter.node("Neg", [emitter.value("Squeeze", [own, axis])], outputs);
  },
  // dx = dy·(softmax(x) − 1 at the label), written into one array: those of the vocabulary's size are a model's largest.
  gradient({ inputs: [logits, labels] }, [dy]) {
    return [dy && addAlongLast(multiply(softmax(logits!), reshape(dy, [...dy.shape, 1])), labels!, negate(dy))];
  },
};

/**
 * How much each label surprises, `-log softmax(logits)[label]`, in nats.
 * @param logits - [..., vocabulary]
 * @param labels - int64 [...]
 */
export function surprise(logits: Tensor, labels: Tensor): Tensor {
  return apply(surpriseOperator, [logits, labels], null);
}

interface NormAttributes {
  readonly epsilon: number;
}

function checkNorm(name: string, inputs: readonly Tensor[]): void {
  const width = inputs[0]!.shape[inputs[0]!.shape.length - 1];
  for (const weight of inputs.slice(1)) {
    if (weight.shape.length !== 1 || weight.shape[0] !== width) throw new ShapeError(name, inputs, `scale and bias must be [${width}]`);
  }
}

const withoutLast = (x: Tensor): Tensor["shape"] => [...x.shape.slice(0, -1), 1];

const layerNormOperator: Operator<NormAttributes> = {
  name: "layerNorm",
  vectorwise: true,
  cheap: true,
  shape(inputs) {
    checkNorm("layerNorm", inputs);
    const [x] = inputs as [Tensor];
    return [x, { dtype: x.dtype, shape: withoutLast(x) }, { dtype: x.dtype, shape: withoutLast(x) }];
  },
  onnx: (emitter, { attributes }, inputs, outputs) => emitter.node("LayerNormalization", inputs, outputs, { axis: -1, epsilon: { float: attributes.epsilon } }),
  // With n = (x − mean)·inverse and g = dy⊙scale: dx = inverse · (g − mean(g) − n·mean(g⊙n)).
  gradient({ inputs: [x, scale, bias], outputs: [, average, inverse] }, [dy]) {
    if (dy === undefined) return [];
    const normalised = multiply(subtract(x!, average!), inverse!);
    const scaled = multiply(dy, scale!);
    const projection = multiply(normalised, mean(multiply(scaled, normalised), -1, { keepDims: true }));
    const dx = multiply(inverse!, subtract(subtract(scaled, mean(scaled, -1, { keepDims: true })), projection));
    return [dx, sumTo(multiply(dy, normalised), scale!.shape), ...(bias === undefined ? [] : [sumTo(dy, bias.shape)])];
  },
};

const rmsNormOperator: Operator<NormAttributes> = {
  name: "rmsNorm",
  vectorwise: true,
  cheap: true,
  shape(inputs) {
    checkNorm("rmsNorm", inputs);
    return [inputs[0]!];
  },
  // ONNX Runtime's own name for it.
  onnx: (emitter, { attributes }, inputs, outputs) =>
    emitter.node("SimplifiedLayerNormalization", inputs, outputs, { axis: -1, epsilon: { float: attributes.epsilon } }),
  // With n = x·inverse and g = dy⊙scale: dx = inverse · (g − n·mean(g⊙n)).
  gradient({ inputs: [x, scale], attributes: { epsilon } }, [dy]) {
    if (dy === undefined) return [];
    // The operator could give the inverse as a second output, but on WebGPU that one is not filled in.
    const inverse = divide(1, sqrt(add(mean(square(x!), -1, { keepDims: true }), epsilon)));
    const normalised = multiply(x!, inverse);
    const scaled = multiply(dy, scale!);
    const projection = multiply(normalised, mean(multiply(scaled, normalised), -1, { keepDims: true }));
    return [multiply(inverse, subtract(scaled, projection)), sumTo(multiply(dy, normalised), scale!.shape)];
  },
};

/** Layer normalisation over the last axis. @param scale - [width] @param bias - [width] */
export function layerNorm(x: Tensor, scale: Tensor, bias: Tensor | undefined, epsilon: number): Tensor {
  return apply(layerNormOperator, bias === undefined ? [x, scale] : [x, scale, bias], { epsilon });
}

/** Division by the root mean square of the last axis, then scaling. @param scale - [width] */
export function rmsNorm(x: Tensor, scale: Tensor, epsilon: number): Tensor {
  return apply(rmsNormOperator, [x, scale], { epsilon });
}
