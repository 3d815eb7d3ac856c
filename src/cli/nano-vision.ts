import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeSafetensors } from "../checkpoint/safetensors.ts";
import { mobilenetWeights, objectronModel } from "../data/nano/mobilenet-weights.ts";
import { createVisionEncoder, visionConfig } from "../model/vision/vision.ts";
import { Scope } from "../nn/scope.ts";

/** nano's encoder: all defaults. */
export const nanoVision = { kind: "mobilenet-v2" } as const;

/**
 * The weights of nano's frozen vision encoder as a safetensors file, taken from the installed package.
 * @param packages - folder that holds `node_modules`
 * @throws when the package is missing, or holds other weights than those that everything was measured with
 */
export async function nanoVisionWeights(packages: string, vision: object): Promise<Uint8Array> {
  const file = join(packages, "node_modules", "@mediapipe", "objectron", objectronModel.file);
  const assets = await readFile(file).catch((error: unknown) => {
    throw new Error(`cannot read ${file}; install the packages again with "flamingo data nano"`, { cause: error });
  });
  const model = new Uint8Array(assets.subarray(objectronModel.start, objectronModel.end));
  const sha256 = createHash("sha256").update(model).digest("hex");
  if (sha256 !== objectronModel.sha256)
    throw new Error(
      `${file} holds another model than expected (sha256 ${sha256}, expected ${objectronModel.sha256}): install version 0.4.1675468480 of the package`,
    );
  const scope = new Scope();
  createVisionEncoder(scope.child("vision"), visionConfig.parse(vision));
  const weights = mobilenetWeights(model, new Map([...scope.parameters()].map(([path, { shape }]) => [path, shape as readonly number[]])));
  const missing = [...scope.parameters().keys()].filter((path) => !weights.has(path));
  if (missing.length > 0) throw new Error(`${file} has no weights for ${missing.join(", ")}`);
  return writeSafetensors(weights, {
    source: "MobileNetV2 of object_detection_ssd_mobilenetv2_oidv4_fp16.tflite in npm @mediapipe/objectron 0.4.1675468480, Apache-2.0",
  });
}
