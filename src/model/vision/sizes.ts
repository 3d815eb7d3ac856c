import type { z } from "zod";
import type { visionConfig } from "./vision.ts";

type VisionConfigInput = z.input<typeof visionConfig>;

/** OpenAI's and LAION's towers. */
function clip(
  patchSize: number,
  width: number,
  layers: number,
  options: { readonly activation?: "gelu"; readonly classToken?: boolean } = {},
): VisionConfigInput {
  return { kind: "clip-vit", patchSize, width, layers, heads: width / (width === 1280 ? 80 : 64), ...options };
}

function nfnet(scale: number): VisionConfigInput {
  return { kind: "nfnet", scale };
}

/** Named vision encoders. */
export const visionSizes = {
  "nfnet-f0": nfnet(0),
  "nfnet-f1": nfnet(1),
  "nfnet-f2": nfnet(2),
  "nfnet-f3": nfnet(3),
  "nfnet-f4": nfnet(4),
  "nfnet-f5": nfnet(5),
  "nfnet-f6": nfnet(6),
  "clip-vit-b-32": clip(32, 768, 12),
  "clip-vit-b-16": clip(16, 768, 12),
  "clip-vit-l-14": clip(14, 1024, 24),
  /** LAION's, as IDEFICS uses it: with its class token. */
  "clip-vit-h-14": clip(14, 1280, 32, { activation: "gelu", classToken: true }),
  "mobilenet-v2": { kind: "mobilenet-v2" },
  "efficientnet-lite0": { kind: "efficientnet-lite" },
} as const satisfies Readonly<Record<string, VisionConfigInput>>;

export type VisionSize = keyof typeof visionSizes;
