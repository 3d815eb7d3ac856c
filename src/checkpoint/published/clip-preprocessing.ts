import type { PreprocessingConfig } from "../../data/preprocessing.ts";

/** How pictures come to CLIP's towers, OpenAI's and LAION's alike. @param size - edge in pixels */
export function clipPreprocessing(size: number, fit: PreprocessingConfig["fit"]): PreprocessingConfig {
  return {
    size: [size, size],
    fit,
    interpolation: "bicubic",
    background: [255, 255, 255],
    mean: [0.48145466, 0.4578275, 0.40821073],
    deviation: [0.26862954, 0.26130258, 0.27577711],
  };
}
