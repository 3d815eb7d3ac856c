import type * as z from "zod";
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

function siglip(imageSize: number, patchSize: number, width: number, layers: number, hidden?: number): VisionConfigInput {
  return { kind: "siglip-vit", imageSize, patchSize, width, layers, heads: width / (width === 1152 ? 72 : 64), ...(hidden === undefined ? {} : { hidden }) };
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
  "clip-vit-b-32-laion": clip(32, 768, 12, { activation: "gelu" }),
  "clip-vit-b-16-laion": clip(16, 768, 12, { activation: "gelu" }),
  "clip-vit-l-14-laion": clip(14, 1024, 24, { activation: "gelu" }),
  /** LAION's, as IDEFICS uses it: with its class token. */
  "clip-vit-h-14": clip(14, 1280, 32, { activation: "gelu", classToken: true }),
  "siglip-b-16-224": siglip(224, 16, 768, 12),
  "siglip-l-16-256": siglip(256, 16, 1024, 24),
  "siglip-so400m-14-384": siglip(384, 14, 1152, 27, 4304),
  "mobilenet-v2": { kind: "mobilenet-v2" },
  "efficientnet-lite0": { kind: "efficientnet-lite" },
} as const satisfies Readonly<Record<string, VisionConfigInput>>;

export type VisionSize = keyof typeof visionSizes;
