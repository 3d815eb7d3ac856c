import { z } from "zod";
import type { Scope } from "../../nn/scope.ts";
import { ClipVit, clipVitConfig } from "./clip-vit.ts";
import { EfficientnetLite, efficientnetLiteConfig } from "./efficientnet-lite.ts";
import { MobilenetV2, mobilenetV2Config } from "./mobilenet-v2.ts";
import { Nfnet, nfnetConfig } from "./nfnet.ts";
import { SiglipVit, siglipVitConfig } from "./siglip-vit.ts";
import type { VisionEncoder } from "./vision-encoder.ts";

export type { VisionEncoder, VisionGrid } from "./vision-encoder.ts";

export const visionConfig = z.discriminatedUnion("kind", [nfnetConfig, clipVitConfig, siglipVitConfig, mobilenetV2Config, efficientnetLiteConfig]);
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
    case "mobilenet-v2":
      return new MobilenetV2(scope, config);
    case "efficientnet-lite":
      return new EfficientnetLite(scope, config);
  }
}
