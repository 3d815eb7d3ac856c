import { canonicalDim, elementCount, type Shape } from "./dimension.ts";
import { apply, type DType, notDifferentiable, type Operator, type Tensor } from "./tensor.ts";

/** How the values of a parameter begin. */
export type Initialiser =
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "normal"; readonly standardDeviation: number }
  | { readonly kind: "uniform"; readonly bound: number };

export interface InputAttributes {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}
export interface ParameterAttributes {
  readonly path: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly initialiser: Initialiser;
}
export interface ConstantAttributes {
  readonly values: readonly number[];
  readonly shape: readonly number[];
  readonly dtype: DType;
}

export const inputOperator: Operator<InputAttributes> = {
  name: "input",
  shape: (_, { dtype, shape }) => [{ dtype, shape }],
  onnx: () => {},
  gradient: notDifferentiable,
};

export const parameterOperator: Operator<ParameterAttributes> = {
  name: "parameter",
  shape: (_, { dtype, shape }) => [{ dtype, shape }],
  onnx: () => {},
  gradient: notDifferentiable,
};

export const constantOperator: Operator<ConstantAttributes> = {
  name: "constant",
  shape: (_, { dtype, shape }) => [{ dtype, shape }],
  onnx: () => {},
  gradient: notDifferentiable,
};

/** A value that is fed at every run. */
export function input(name: string, dtype: DType, shape: Shape): Tensor {
  return apply(inputOperator, [], { name, dtype, shape: shape.map(canonicalDim) });
}

/**
 * A weight, known by its path; the same path must not be declared twice in one model (`nn/scope.ts` sees to it).
 * @param dtype - float32, or what a block matrix is made of
 */
export function parameter(path: string, shape: readonly number[], initialiser: Initialiser, dtype: DType = "float32"): Tensor {
  return apply(parameterOperator, [], { path, dtype, shape, initialiser });
}

/**
 * Values that are part of the graph itself. Keep them small: weights are parameters.
 * @param values - one number (then the shape is `[]`) or all elements in row-major order
 */
export function constant(values: number | readonly number[] | Float32Array, shape?: readonly number[], dtype: DType = "float32"): Tensor {
  const list = typeof values === "number" ? [values] : Array.from(values);
  const sizes = shape ?? (typeof values === "number" ? [] : [list.length]);
  if (elementCount(sizes) !== list.length) throw new Error(`constant: ${list.length} values do not fill the shape [${sizes.join(", ")}]`);
  return apply(constantOperator, [], { values: list, shape: sizes, dtype });
}

/** The attributes of a parameter tensor. Throws when the tensor is something else. */
export function parameterAttributes(tensor: Tensor): ParameterAttributes {
  if (tensor.node.operator !== parameterOperator) throw new Error(`a parameter was expected, found the result of ${tensor.node.operator.name}`);
  return tensor.node.attributes as ParameterAttributes;
}

/** The single number that a constant holds in all its elements, or `undefined`. */
export function uniformConstant(tensor: Tensor): number | undefined {
  if (tensor.node.operator !== constantOperator) return undefined;
  const { values } = tensor.node.attributes as ConstantAttributes;
  return values.length > 0 && values.every((value) => value === values[0]) ? values[0] : undefined;
}
