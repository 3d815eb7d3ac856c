import type { Shape } from "./dimension.ts";

/** What an operator may call to write itself as ONNX. Values are known by name. */
export interface OnnxEmitter {
  /** Adds a node. Attributes: whole numbers become ints, `{ float }` becomes a float, strings and lists likewise. */
  node(operator: string, inputs: readonly string[], outputs: readonly string[], attributes?: OnnxAttributes, domain?: string): void;
  /** As {@link node}, with one output of a fresh name, which is returned. */
  value(operator: string, inputs: readonly string[], attributes?: OnnxAttributes, domain?: string): string;
  /** A small constant; equal ones are shared. */
  constant(values: readonly number[], shape: readonly number[], dtype: "float32" | "int64" | "int32" | "bool" | "uint8" | "int8" | "float16"): string;
  /** A 1-D int64 value with these sizes, computed from the inputs' shapes where they are named. */
  sizes(shape: Shape): string;
}

export type OnnxAttributes = Readonly<Record<string, number | string | readonly number[] | { readonly float: number }>>;
