import { type Dim, type DType, evaluateDimension } from "../graph/graph.ts";
import { RuntimeError } from "./errors.ts";
import { checkHostTensor, describeTensor, type HostTensor, type TensorType } from "./host-tensor.ts";

/** An input or output as the graph declares it. */
export interface TensorRule {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly Dim[];
}

/** What is fed: a tensor, or a variable, whose elements are elsewhere. */
export type FedTensor = HostTensor | { readonly dtype: DType; readonly shape: readonly number[] };

/**
 * Checks feeds against a graph's inputs: every name, dtype, rank and fixed size, and that a named dimension is the same wherever it occurs.
 * @returns the sizes of the named dimensions
 * @throws RuntimeError that says which graph, which input, what was expected and what was found.
 */
export function checkFeeds(label: string, inputs: readonly TensorRule[], feeds: Readonly<Record<string, FedTensor>>): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  const origins = new Map<string, string>();
  const composites: { input: TensorRule; axis: number; found: number }[] = [];
  for (const input of inputs) {
    const fed = feeds[input.name];
    if (fed === undefined)
      throw new RuntimeError(`${label}: input ${input.name} (${describeTensor(input)}) was not fed; fed were: ${Object.keys(feeds).join(", ") || "none"}`);
    const what = `${label}: input ${input.name}`;
    if (fed.dtype !== input.dtype || fed.shape.length !== input.shape.length) throw mismatch(what, input, fed);
    if ("data" in fed) checkHostTensor(what, fed);
    for (const [axis, expected] of input.shape.entries()) {
      const found = fed.shape[axis]!;
      if (typeof expected === "number") {
        if (found !== expected) throw mismatch(what, input, fed, `axis ${axis} is ${found}`);
      } else if (!isName(expected)) {
        composites.push({ input, axis, found });
      } else if ((sizes.get(expected) ?? found) !== found) {
        throw mismatch(what, input, fed, `"${expected}" is ${found} here and ${sizes.get(expected)} in ${origins.get(expected)}`);
      } else if (!sizes.has(expected)) {
        sizes.set(expected, found);
        origins.set(expected, input.name);
      }
    }
  }
  for (const { input, axis, found } of composites) {
    const size = evaluateDimension(input.shape[axis]!, sizes);
    if (size !== undefined && size !== found) {
      throw mismatch(`${label}: input ${input.name}`, input, feeds[input.name]!, `axis ${axis} is ${found}, "${input.shape[axis]}" is ${size}`);
    }
  }
  const names = Object.keys(feeds);
  if (names.length > inputs.length) {
    const known = new Set(inputs.map(({ name }) => name));
    const unknown = names.filter((name) => !known.has(name));
    throw new RuntimeError(`${label}: it has no input ${unknown.join(", ")}; its inputs are ${inputs.map(({ name }) => name).join(", ") || "none"}`);
  }
  return sizes;
}

/**
 * Types and shapes of these outputs, which follow from the feeds.
 * @param sizes - of the named dimensions
 */
export function outputTypes(
  label: string,
  outputs: readonly TensorRule[],
  names: ReadonlySet<string>,
  sizes: ReadonlyMap<string, number>,
): Record<string, TensorType> {
  const known = new Map<Dim, number>();
  const sizeOf = (dim: Dim, name: string): number => {
    const size = known.get(dim) ?? evaluateDimension(dim, sizes);
    if (size === undefined) throw new RuntimeError(`${label}: how large output ${name} is cannot be told from its inputs: "${dim}" is no size of theirs`);
    known.set(dim, size);
    return size;
  };
  const asked = outputs.filter(({ name }) => names.has(name));
  return Object.fromEntries(asked.map(({ name, dtype, shape }) => [name, { dtype, shape: shape.map((dim) => sizeOf(dim, name)) }]));
}

function isName(dim: string): boolean {
  return /^\w+$/.test(dim);
}

function mismatch(what: string, expected: TensorRule, found: FedTensor, detail?: string): RuntimeError {
  return new RuntimeError(`${what}: expected ${describeTensor(expected)}, found ${describeTensor(found)}${detail === undefined ? "" : `: ${detail}`}`);
}
