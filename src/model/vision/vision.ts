import * as z from "zod";
import type { Scope } from "../../nn/scope.ts";
import { ClipVit, clipVitConfig } from "./clip-vit.ts";
import { EfficientnetLite, efficientnetLiteConfig } from "./efficientnet-lite.ts";
import { MobilenetV2, mobilenetV2Config } from "./mobilenet-v2.ts";
import { MobilenetV3, mobilenetV3Config } from "./mobilenet-v3.ts";
import { Nfnet, nfnetConfig } from "./nfnet.ts";
import { SiglipVit, siglipVitConfig } from "./siglip-vit.ts";
import type { VisionEncoder } from "./vision-encoder.ts";
import { Vit, vitConfig } from "./vit.ts";

export type { VisionEncoder, VisionGrid } from "./vision-encoder.ts";

export const visionConfig = z.discriminatedUnion("kind", [
  nfnetConfig,
  clipVitConfig,
  siglipVitConfig,
  vitConfig,
  mobilenetV2Config,
  mobilenetV3Config,
  efficientnetLiteConfig,
]);
export type VisionConfig = z.output<typeof visionConfig>;

/** The vision encoder that the config describes. */
export function createVisionEncoder(scope: Scope, config: VisionConfig): VisionEncoder {
  switch (config.kind) {
    case "nfnet":
      return new Nfnet(scope, config);
    case "clip-vit":
      return new ClipVit(scope, config);
    case "siglip-vit":
      return new SiglipVit(scope, config);
    case "vit":
      return new Vit(scope, config);
    case "mobilenet-v2":
      return new MobilenetV2(scope, config);
    case "mobilenet-v3":
      return new MobilenetV3(scope, config);
    case "efficientnet-lite":
      return new EfficientnetLite(scope, config);
  }
}
