/** How gradients are shortened before an update, and what is said of those that are no numbers. */

/** A loss or a gradient is NaN or Infinity. Nothing has been changed by it, and every rank finds the same. */
export class NotFiniteError extends Error {
  override readonly name = "NotFiniteError";
}

/** Weights that are nearly 0 count as this much, so that they can grow. */
const smallestWeight = 1e-3;

/**
 * Adaptive gradient clipping (Brock et al. 2021, "High-performance large-scale image recognition without normalization", section 4): in each unit, what makes one output, the gradient is at most `factor`
 * times as long as the weights, where these are at least 1e-3 long. Shortens in place.
 * @param units - rows of a matrix, output channels of a convolution; 1 for a vector, which is taken as a whole
 */
export function clipAdaptively(gradient: Float32Array, weight: Float32Array, units: number, factor: number): void {
  const size = weight.length / units;
  for (let unit = 0; unit < units; unit++) {
    const of = (values: Float32Array): Float32Array => values.subarray(unit * size, (unit + 1) * size);
    const most = factor * Math.max(smallestWeight, Math.sqrt(sumOfSquares(of(weight))));
    const own = of(gradient);
    const norm = Math.sqrt(sumOfSquares(own));
    if (norm <= most) continue;
    const scale = most / norm;
    for (let i = 0; i < size; i++) own[i]! *= scale;
  }
}

/** Units of a weight of this shape. */
export function unitsOf(shape: readonly number[]): number {
  return shape.length > 1 ? shape[0]! : 1;
}

/** Euclidean norm of all values together. */
export function globalNorm(values: ReadonlyMap<string, Float32Array>): number {
  return Math.sqrt([...values.values()].reduce((total, each) => total + sumOfSquares(each), 0));
}

export function sumOfSquares(values: Float32Array): number {
  // Two sums beside each other: one waits for each of its additions.
  let [even, odd] = [0, 0];
  const { length } = values;
  for (let i = 1; i < length; i += 2) {
    even += values[i - 1]! * values[i - 1]!;
    odd += values[i]! * values[i]!;
  }
  return even + odd + (length % 2 === 1 ? values[length - 1]! ** 2 : 0);
}
