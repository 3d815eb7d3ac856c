import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { readSafetensors } from "../checkpoint/safetensors.ts";
import { widened } from "../checkpoint/widen.ts";
import { placementRecipe } from "../data/nano/placement.ts";
import { input, toOnnx } from "../graph/graph.ts";
import { createVisionEncoder, visionConfig } from "../model/vision/vision.ts";
import { Scope } from "../nn/scope.ts";
import { createRuntime } from "../runtime/runtime.ts";
import type { FeaturesEvent } from "../train/platform/node-feature-store.ts";
import { buildNanoFeatures } from "../train/platform/node-nano-features.ts";
import { visionFeatureEncoder } from "../train/vision-features.ts";
import { nanoPixels } from "./nano-vision.ts";

/** Every picture as it is, and two placements of it: one gently, one strongly changed. */
const versions = 3;

/**
 * Encodes the training drawings with a frozen vision encoder into `folder/features`.
 * @param vision - config of the encoder
 * @param weights - its weights, a safetensors file
 */
export async function* encodeNanoPictures(folder: string, vision: object, weights: string, threads?: number): AsyncGenerator<FeaturesEvent> {
  const config = visionConfig.parse(vision);
  const bytes = await readFile(resolve(weights));
  const encoder = createVisionEncoder(new Scope().child("vision"), config);
  const [height, width] = encoder.imageSize;
  const tensors = new Map([...readSafetensors(bytes, weights).tensors].map(([path, tensor]) => [path, widened(tensor)]));
  const runtime = await createRuntime({ device: "cpu", ...(threads === undefined ? {} : { threads }) });
  try {
    const features = await visionFeatureEncoder({
      runtime,
      graph: toOnnx({ outputs: { features: encoder.forward(input("pixels", "float32", ["images", 3, height, width])) } }),
      weights: tensors,
      key: createHash("sha256")
        .update(bytes)
        .update(JSON.stringify({ config, ...nanoPixels, placementRecipe }))
        .digest("hex"),
      size: width,
      positions: encoder.spatial,
      width: encoder.width,
      ...nanoPixels,
    });
    yield* buildNanoFeatures({ folder: resolve(folder), encoder: features, versions });
  } finally {
    await runtime.dispose();
  }
}
