import type { Markers } from "../../data/document.ts";
import type { Tokenizer } from "../../data/tokenizer.ts";

/** What every data set is told about the run. */
export interface SourceContext {
  readonly tokenizer: Tokenizer;
  readonly markers: Markers & { readonly padding: string };
  readonly seed: number;
}

/** Features of pictures, by id and version: what a feature store gives. */
export interface FeatureReader {
  readonly positions: number;
  readonly width: number;
  readonly versions: number;
  has(picture: string): boolean;
  /** Writes [positions, width] into `out` from `offset` on. */
  read(picture: string, version: number, out: Float32Array, offset?: number): void;
}
