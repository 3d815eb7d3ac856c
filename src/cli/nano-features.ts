import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { openPart } from "../checkpoint/model-part.ts";
import { placementRecipe } from "../data/nano/placement.ts";
import type { PixelNormalisation } from "../data/preprocessing.ts";
import { input, toOnnx } from "../graph/graph.ts";
import { createVisionEncoder, type VisionConfig, visionConfig } from "../model/vision/vision.ts";
import { Scope } from "../nn/scope.ts";
import { createRuntime, type HostTensor } from "../runtime/runtime.ts";
import type { FeaturesEvent } from "../train/platform/node-feature-store.ts";
import { buildNanoFeatures } from "../train/platform/node-nano-features.ts";
import { visionFeatureEncoder } from "../train/vision-features.ts";
import { nanoPixels } from "./nano-vision.ts";

/** Every picture as it is, and two placements of it: one gently, one strongly changed. */
const versions = 3;

/**
 * Encodes the training drawings with a frozen vision encoder into `folder/features`.
 * @param vision - config of the encoder
 * @param weights - where its weights are, as a training config's `parts` name it
 */
export async function* encodeNanoPictures(folder: string, vision: object, weights: string, threads?: number): AsyncGenerator<FeaturesEvent> {
  const config = visionConfig.parse(vision);
  const { tensors, pixels, key } = await readEncoder(config, weights);
  const encoder = createVisionEncoder(new Scope().child("vision"), config);
  const [height, width] = encoder.imageSize;
  const runtime = await createRuntime({ device: "cpu", ...(threads === undefined ? {} : { threads }) });
  try {
    const features = await visionFeatureEncoder({
      runtime,
      graph: toOnnx({ outputs: { features: encoder.forward(input("pixels", "float32", ["images", 3, height, width])) } }),
      weights: tensors,
      key,
      size: width,
      positions: encoder.spatial,
      width: encoder.width,
      ...pixels,
    });
    yield* buildNanoFeatures({ folder: resolve(folder), encoder: features, versions });
  } finally {
    await runtime.dispose();
  }
}

interface ReadEncoder {
  readonly tensors: ReadonlyMap<string, HostTensor>;
  readonly pixels: PixelNormalisation;
  /** Of everything that the features depend on. */
  readonly key: string;
}

async function readEncoder(config: VisionConfig, weights: string): Promise<ReadEncoder> {
  const part = await openPart("vision", resolve(weights), config);
  try {
    const { mean, deviation } = part.pixels ?? nanoPixels;
    const hash = createHash("sha256");
    for (const file of part.files) for await (const bytes of createReadStream(file)) hash.update(bytes as Buffer);
    const key = hash.update(JSON.stringify({ config, mean, deviation, placementRecipe })).digest("hex");
    const tensors = new Map<string, HostTensor>();
    for await (const [path, tensor] of part.read(false)) tensors.set(path, tensor);
    return { tensors, pixels: { mean, deviation }, key };
  } finally {
    await part.close();
  }
}
