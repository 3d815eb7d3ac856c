/** Published tensors made of a model's weights: what `read-mapped.ts` does, by the same map, the other way. */
import { sizeOf } from "../../runtime/host-tensor.ts";
import type { ExpectedShapes, WeightMap, WeightOrigin } from "./weight-map.ts";

/**
 * The published tensors that hold these weights, by name.
 * @param shapes - of weights by path, all of which have an origin
 */
export function mappedShapes(map: WeightMap, shapes: ExpectedShapes): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, readonly number[]>();
  for (const [path, shape] of shapes) {
    const { from, part, seenAs, transposed = false } = originOf(map, path);
    const given = transposed ? [...shape].reverse() : [...shape];
    if (seenAs !== undefined) {
      // Stored with as many axes as the weight has, the first of which holds all that are seen apart.
      const rest = seenAs.slice(seenAs.length - shape.length + 1);
      found.set(from, [sizeOf(seenAs) / sizeOf(rest), ...rest]);
    } else if (part === undefined) found.set(from, given);
    else found.set(from, given.with(part.axis, Math.max(part.end, found.get(from)?.[part.axis] ?? 0)));
  }
  return found;
}

/**
 * @param weights - every weight that `shapes` has, in any order
 * @param shapes - of weights by path
 * @returns published tensors in row-major order, each as soon as it is whole
 */
export async function* writeMapped(
  map: WeightMap,
  weights: AsyncIterable<readonly [path: string, values: Float32Array]>,
  shapes: ExpectedShapes,
): AsyncGenerator<readonly [name: string, values: Float32Array]> {
  const published = mappedShapes(map, shapes);
  const begun = new Map<string, { readonly values: Float32Array; missing: number }>();
  for await (const [path, values] of weights) {
    const origin = originOf(map, path);
    const shape = published.get(origin.from)!;
    const target = begun.get(origin.from) ?? { values: new Float32Array(sizeOf(shape)), missing: sizeOf(shape) };
    put(values, shapes.get(path)!, target.values, origin, shape);
    target.missing -= values.length;
    begun.set(origin.from, target);
    if (target.missing > 0) continue;
    begun.delete(origin.from);
    yield [origin.from, target.values];
  }
  if (begun.size > 0) throw new Error(`weights are missing for ${[...begun.keys()].join(", ")}`);
}

function originOf(map: WeightMap, path: string): WeightOrigin {
  const origin = map.origins.get(path);
  if (origin === undefined) throw new Error(`nothing says what ${path} is called`);
  return origin;
}

function put(
  values: Float32Array,
  shape: readonly number[],
  target: Float32Array,
  { seenAs, part, transposed = false, added = 0 }: WeightOrigin,
  stored: readonly number[],
): void {
  const placed = transposed ? transposedValues(values, shape as readonly [number, number]) : values;
  const given = added === 0 ? placed : placed.map((value) => value - added);
  if (part === undefined) {
    target.set(given);
    return;
  }
  const seen = seenAs ?? stored;
  const inner = sizeOf(seen.slice(part.axis + 1));
  const length = (part.end - part.start) * inner;
  for (let i = 0; i * length < given.length; i++) target.set(given.subarray(i * length, (i + 1) * length), (i * seen[part.axis]! + part.start) * inner);
}

function transposedValues(values: Float32Array, [rows, columns]: readonly [number, number]): Float32Array {
  return Float32Array.from({ length: values.length }, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
}
