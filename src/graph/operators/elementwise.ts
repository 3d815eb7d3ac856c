/** Operators that work element by element, with numpy broadcasting: an axis of the literal size 1 is repeated. */
import type { Shape } from "../dimension.ts";
import { constant, uniformConstant } from "../leaves.ts";
import { apply, type DType, notDifferentiable, type Operator, ShapeError, type Tensor } from "../tensor.ts";
import { sumTo } from "./layout.ts";

/** A tensor, or a number that becomes a constant of the other operand's type. */
export type Operand = Tensor | number;

/** The common shape of operands that broadcast against each other. */
export function broadcastShape(operator: string, tensors: readonly Tensor[]): Shape {
  const rank = Math.max(...tensors.map(({ shape }) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let size: number | string = 1;
    for (const { shape } of tensors) {
      const dim = shape[axis - (rank - shape.length)] ?? 1;
      if (dim === 1 || dim === size) continue;
      if (size !== 1) throw new ShapeError(operator, tensors, `${size} and ${dim} differ at axis ${axis - rank}; only the literal size 1 is repeated`);
      size = dim;
    }
    return size;
  });
}

type BinaryGradient = (a: Tensor, b: Tensor, dy: Tensor, y: Tensor) => readonly [Tensor | undefined, Tensor | undefined];

function binaryOperator(name: string, onnxName: string, gradient: BinaryGradient, dtype?: DType): Operator<null> {
  return {
    name,
    vectorwise: true,
    cheap: true,
    shape(inputs) {
      const [a, b] = inputs as [Tensor, Tensor];
      if (a.dtype !== b.dtype) throw new ShapeError(name, inputs, `types ${a.dtype} and ${b.dtype} differ: cast one of them`);
      return [{ dtype: dtype ?? a.dtype, shape: broadcastShape(name, inputs) }];
    },
    onnx: (emitter, _, inputs, outputs) => emitter.node(onnxName, inputs, outputs),
    gradient({ inputs: [a, b], outputs: [y] }, [dy]) {
      if (dy === undefined) return [];
      const [da, db] = gradient(a!, b!, dy, y!);
      return [da && sumTo(da, a!.shape), db && sumTo(db, b!.shape)];
    },
  };
}

function toTensor(operand: Operand, other: Operand): Tensor {
  return typeof operand === "number" ? constant(operand, [], typeof other === "number" ? "float32" : other.dtype) : operand;
}

function binary(operator: Operator<null>): (a: Operand, b: Operand) => Tensor {
  return (a, b) => apply(operator, [toTensor(a, b), toTensor(b, a)], null);
}

export const addOperator = binaryOperator("add", "Add", (_a, _b, dy) => [dy, dy]);
const subtractOperator = binaryOperator("subtract", "Sub", (_a, _b, dy) => [dy, negate(dy)]);
const multiplyOperator = binaryOperator("multiply", "Mul", (a, b, dy) => [multiply(dy, b), multiply(dy, a)]);
// (a/b)' = a'/b − b'·(a/b)/b
const divideOperator = binaryOperator("divide", "Div", (_a, b, dy, y) => [divide(dy, b), negate(divide(multiply(dy, y), b))]);
const maximumOperator = binaryOperator("maximum", "Max", (a, b, dy) => [where(lessOrEqual(b, a), dy, 0), where(lessOrEqual(b, a), 0, dy)]);
const minimumOperator = binaryOperator("minimum", "Min", (a, b, dy) => [where(lessOrEqual(a, b), dy, 0), where(lessOrEqual(a, b), 0, dy)]);
const noGradient: BinaryGradient = () => [undefined, undefined];
const equalOperator = binaryOperator("equal", "Equal", noGradient, "bool");
const lessOperator = binaryOperator("less", "Less", noGradient, "bool");
const lessOrEqualOperator = binaryOperator("lessOrEqual", "LessOrEqual", noGradient, "bool");
const andOperator = binaryOperator("and", "And", noGradient, "bool");

/** `a + b`; adding a constant 0 gives the other operand itself where that does not change its shape. */
export function add(a: Operand, b: Operand): Tensor {
  return neutral(a, b, 0) ?? neutral(b, a, 0) ?? binary(addOperator)(a, b);
}
export function subtract(a: Operand, b: Operand): Tensor {
  return neutral(a, b, 0) ?? binary(subtractOperator)(a, b);
}
/** `a · b`; multiplying with a constant 1 gives the other operand itself where that does not change its shape. */
export function multiply(a: Operand, b: Operand): Tensor {
  return neutral(a, b, 1) ?? neutral(b, a, 1) ?? binary(multiplyOperator)(a, b);
}
export function divide(a: Operand, b: Operand): Tensor {
  return neutral(a, b, 1) ?? binary(divideOperator)(a, b);
}
export const maximum: (a: Operand, b: Operand) => Tensor = binary(maximumOperator);
export const minimum: (a: Operand, b: Operand) => Tensor = binary(minimumOperator);
export const equal: (a: Operand, b: Operand) => Tensor = binary(equalOperator);
export const less: (a: Operand, b: Operand) => Tensor = binary(lessOperator);
export const lessOrEqual: (a: Operand, b: Operand) => Tensor = binary(lessOrEqualOperator);
export const and: (a: Operand, b: Operand) => Tensor = binary(andOperator);

/** `value` itself where `other` is the neutral number and cannot change the shape. */
function neutral(value: Operand, other: Operand, number: number): Tensor | undefined {
  if (typeof value === "number") return undefined;
  const isNeutral = typeof other === "number" ? other === number : other.shape.length === 0 && uniformConstant(other) === number;
  return isNeutral ? value : undefined;
}

export const whereOperator: Operator<null> = {
  name: "where",
  vectorwise: true,
  cheap: true,
  shape(inputs) {
    const [condition, a, b] = inputs as [Tensor, Tensor, Tensor];
    if (condition.dtype !== "bool") throw new ShapeError("where", inputs, `the condition must be bool, not ${condition.dtype}`);
    if (a.dtype !== b.dtype) throw new ShapeError("where", inputs, `types ${a.dtype} and ${b.dtype} differ: cast one of them`);
    return [{ dtype: a.dtype, shape: broadcastShape("where", inputs) }];
  },
  onnx: (emitter, _, inputs, outputs) => emitter.node("Where", inputs, outputs),
  gradient({ inputs: [condition, a, b] }, [dy]) {
    return dy === undefined ? [] : [undefined, sumTo(where(condition!, dy, 0), a!.shape), sumTo(where(condition!, 0, dy), b!.shape)];
  },
};

/** `a` where the condition holds, `b` elsewhere. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  return apply(whereOperator, [condition, toTensor(a, b), toTensor(b, a)], null);
}

type UnaryGradient = (x: Tensor, y: Tensor, dy: Tensor) => Tensor | undefined;

function unaryOperator(name: string, onnxName: string, gradient: UnaryGradient, domain = ""): Operator<null> {
  return {
    name,
    vectorwise: true,
    cheap: true,
    shape: ([x]) => [x!],
    onnx: (emitter, _, inputs, outputs) => emitter.node(onnxName, inputs, outputs, {}, domain),
    gradient: ({ inputs: [x], outputs: [y] }, [dy]) => [dy && gradient(x!, y!, dy)],
  };
}

function unary(operator: Operator<null>): (x: Tensor) => Tensor {
  return (x) => apply(operator, [x], null);
}

export const negate: (x: Tensor) => Tensor = unary(unaryOperator("negate", "Neg", (_x, _y, dy) => negate(dy)));
export const exp: (x: Tensor) => Tensor = unary(unaryOperator("exp", "Exp", (_x, y, dy) => multiply(dy, y)));
export const log: (x: Tensor) => Tensor = unary(unaryOperator("log", "Log", (x, _y, dy) => divide(dy, x)));
export const sqrt: (x: Tensor) => Tensor = unary(unaryOperator("sqrt", "Sqrt", (_x, y, dy) => divide(multiply(dy, 0.5), y)));
export const reciprocal: (x: Tensor) => Tensor = unary(unaryOperator("reciprocal", "Reciprocal", (_x, y, dy) => negate(multiply(dy, square(y)))));
export const tanh: (x: Tensor) => Tensor = unary(unaryOperator("tanh", "Tanh", (_x, y, dy) => multiply(dy, subtract(1, square(y)))));
export const sigmoid: (x: Tensor) => Tensor = unary(unaryOperator("sigmoid", "Sigmoid", (_x, y, dy) => multiply(dy, multiply(y, subtract(1, y)))));
export const relu: (x: Tensor) => Tensor = unary(unaryOperator("relu", "Relu", (x, _y, dy) => where(less(0, x), dy, 0)));
export const sin: (x: Tensor) => Tensor = unary(unaryOperator("sin", "Sin", (x, _y, dy) => multiply(dy, cos(x))));
export const cos: (x: Tensor) => Tensor = unary(unaryOperator("cos", "Cos", (x, _y, dy) => negate(multiply(dy, sin(x)))));
// erf'(x) = 2/√π · exp(−x²)
export const erf: (x: Tensor) => Tensor = unary(
  unaryOperator("erf", "Erf", (x, _y, dy) => multiply(dy, multiply(2 / Math.sqrt(Math.PI), exp(negate(square(x)))))),
);
// gelu(x) = x·Φ(x), so gelu' = Φ(x) + x·φ(x) with the normal distribution Φ and its density φ
export const gelu: (x: Tensor) => Tensor = unary(
  unaryOperator("gelu", "Gelu", (x, _y, dy) => {
    const distribution = multiply(0.5, add(1, erf(multiply(x, Math.SQRT1_2))));
    const density = multiply(1 / Math.sqrt(2 * Math.PI), exp(multiply(-0.5, square(x))));
    return multiply(dy, add(distribution, multiply(x, density)));
  }),
);

/** `x · x`. */
export function square(x: Tensor): Tensor {
  return multiply(x, x);
}

export const clipOperator: Operator<{ low: number; high: number }> = {
  name: "clip",
  vectorwise: true,
  cheap: true,
  shape: ([x]) => [x!],
  onnx(emitter, { attributes: { low, high }, outputs: [y] }, [x], outputs) {
    const { dtype } = y!;
    if (dtype !== "float32" && dtype !== "float16") throw new ShapeError("clip", [y!], "only floating types can be clipped");
    emitter.node("Clip", [x!, emitter.constant([low], [], dtype), emitter.constant([high], [], dtype)], outputs);
  },
  gradient({ inputs: [x], attributes: { low, high } }, [dy]) {
    return [dy && where(and(lessOrEqual(low, x!), lessOrEqual(x!, high)), dy, 0)];
  },
};

/** `x` kept between `low` and `high`. As one operator, because ONNX Runtime makes it part of a convolution before it. */
export function clip(x: Tensor, low: number, high: number): Tensor {
  return apply(clipOperator, [x], { low, high });
}

const onnxTypes: Readonly<Record<DType, number>> = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10 };

export const castOperator: Operator<{ dtype: DType }> = {
  name: "cast",
  vectorwise: true,
  cheap: true,
  shape: ([x], { dtype }) => [{ dtype, shape: x!.shape }],
  onnx: (emitter, { attributes }, inputs, outputs) => emitter.node("Cast", inputs, outputs, { to: onnxTypes[attributes.dtype] }),
  gradient: ({ inputs: [x] }, [dy]) => [dy && x!.dtype.startsWith("float") ? cast(dy, x!.dtype) : undefined],
};

/** The same numbers as another type. Gradients flow between floating types only. */
export function cast(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype ? x : apply(castOperator, [x], { dtype });
}

export const stopGradientOperator: Operator<null> = {
  name: "stopGradient",
  vectorwise: true,
  cheap: true,
  shape: ([x]) => [x!],
  onnx: (emitter, _, inputs, outputs) => emitter.node("Identity", inputs, outputs),
  gradient: notDifferentiable,
};

/** `x` itself, through which no gradient flows. */
export const stopGradient: (x: Tensor) => Tensor = unary(stopGradientOperator);
