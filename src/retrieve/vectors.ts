/** Feature vectors as they are compared: by the angle between them. */

/** Of length 1; a vector of zeros stays one. */
export function unit(vector: Float32Array): Float32Array<ArrayBuffer> {
  const length = Math.hypot(...vector);
  return Float32Array.from(vector, (value) => value / (length + 1e-12));
}

export function meanOf(vectors: readonly Float32Array[]): Float32Array {
  const sum = new Float32Array(vectors[0]!.length);
  for (const vector of vectors) for (let i = 0; i < sum.length; i++) sum[i]! += vector[i]! / vectors.length;
  return sum;
}

export function subtract(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, i) => value - b[i]!);
}

export function cosine(a: Float32Array, b: Float32Array): number {
  let [product, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!;
    aa += a[i]! * a[i]!;
    bb += b[i]! * b[i]!;
  }
  return product / Math.sqrt(aa * bb + 1e-12);
}
