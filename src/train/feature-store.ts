/**
 * Features of a frozen vision encoder, computed once. A record is one picture in one version: `positions` rows of `width` bytes (int8), then `positions` float32 scales; each row is
 * scaled by its own largest value, so the error is below 1/254 of that. Records lie version by version: a store that is still growing can be read up to its last whole version.
 */

export interface FeatureShape {
  /** Rows of the encoder's grid. */
  readonly positions: number;
  /** Features of each. */
  readonly width: number;
}

/** What a frozen encoder is to the store. */
export interface FeatureEncoder extends FeatureShape {
  /** Changes whenever its weights or its preprocessing change. */
  readonly key: string;
  /** Edge of the square pictures that it takes. */
  readonly size: number;
  /** @param pixels - RGB bytes, [pictures, size, size, 3]; @returns [pictures, positions, width] */
  encode(pixels: Uint8ClampedArray, pictures: number): Promise<Float32Array>;
}

/** Description of a store, kept beside its records. */
export interface FeatureStoreIndex extends FeatureShape {
  readonly format: 1;
  readonly key: string;
  readonly versions: number;
  /** Ids in the order of the records. */
  readonly pictures: readonly string[];
}

export function recordBytes({ positions, width }: FeatureShape): number {
  return positions * (width + 4);
}

/** Writes one record. @param features - [positions, width] @throws when a value is NaN or Infinity */
export function packFeatures(features: Float32Array, { positions, width }: FeatureShape, record: Uint8Array): void {
  const values = new Int8Array(record.buffer, record.byteOffset, positions * width);
  const scales = new DataView(record.buffer, record.byteOffset + positions * width);
  for (let position = 0; position < positions; position++) {
    const start = position * width;
    let largest = 0;
    for (let i = start; i < start + width; i++) largest = Math.max(largest, Math.abs(features[i]!));
    if (!Number.isFinite(largest))
      throw new Error("a feature is no number (NaN or Infinity): the vision encoder's weights are damaged; fetch or train them again");
    const scale = largest === 0 ? 1 : Math.fround(largest / 127);
    for (let i = start; i < start + width; i++) values[i] = Math.round(features[i]! / scale);
    scales.setFloat32(4 * position, scale, true);
  }
}

/** Reads one record. @param out - [positions, width] is written from `offset` on @throws when a scale is NaN or Infinity */
export function unpackFeatures(record: Uint8Array, { positions, width }: FeatureShape, out: Float32Array, offset = 0): void {
  const values = new Int8Array(record.buffer, record.byteOffset, positions * width);
  const scales = new DataView(record.buffer, record.byteOffset + positions * width);
  for (let position = 0; position < positions; position++) {
    const scale = scales.getFloat32(4 * position, true);
    if (!Number.isFinite(scale)) throw new Error("features.bin holds a scale that is no number (NaN or Infinity); delete it and build the store again");
    const start = position * width;
    for (let i = start; i < start + width; i++) out[offset + i] = values[i]! * scale;
  }
}
