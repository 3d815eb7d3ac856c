import type { Random } from "../../data/random.ts";
import type { HostTensor } from "../../runtime/runtime.ts";
import type { FeatureReader } from "./source.ts";

/**
 * Features of pictures, each of them shown as it is or, otherwise, as one of its augmented versions.
 * @param plain - how often as it is
 * @returns float32 [pictures, 1, positions, width]
 */
export function featureTensor(pictures: readonly string[], features: FeatureReader, plain: number, random: Random): HostTensor {
  const { positions, width, versions } = features;
  const data = new Float32Array(pictures.length * positions * width);
  pictures.forEach((id, i) => {
    const version = versions === 1 || random.chance(plain) ? 0 : random.integer(1, versions - 1);
    features.read(id, version, data, i * positions * width);
  });
  return { dtype: "float32", shape: [pictures.length, 1, positions, width], data };
}
