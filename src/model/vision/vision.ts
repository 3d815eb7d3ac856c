import { z } from "zod";
import type { Scope } from "../../nn/scope.ts";
import { MobilenetV2, mobilenetV2Config } from "./mobilenet-v2.ts";
import type { VisionEncoder } from "./vision-encoder.ts";

export type { VisionEncoder } from "./vision-encoder.ts";

export const visionConfig = z.discriminatedUnion("kind", [mobilenetV2Config]);
export type VisionConfig = z.output<typeof visionConfig>;

/** The vision encoder that the config describes. */
export function createVisionEncoder(scope: Scope, config: VisionConfig): VisionEncoder {
  switch (config.kind) {
    case "mobilenet-v2":
      return new MobilenetV2(scope, config);
  }
}
