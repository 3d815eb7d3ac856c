import type { PreprocessingConfig } from "../../data/preprocessing.ts";
import type { FlamingoConfig } from "../../model/config.ts";
import type { StoredWeight } from "../weight-file.ts";
import type { WeightMap } from "./weight-map.ts";

/** What is known of tensors before they are read. */
export type PublishedShapes = ReadonlyMap<string, Pick<StoredWeight, "shape">>;

/** A published checkpoint, understood. */
export interface PublishedModel {
  readonly config: FlamingoConfig;
  readonly preprocessing: PreprocessingConfig;
  /** Where each weight of that config is. */
  readonly weights: WeightMap;
}
