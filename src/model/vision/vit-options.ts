/** What the configs of all vision transformers have in common. */
import * as z from "zod";

const positive = z.number().int().positive();

export const vitSizes = {
  patchSize: positive,
  width: positive,
  layers: positive,
  heads: positive,
  /** Width inside the feed-forward layers. Default: 4 times `width`. */
  hidden: positive.optional(),
};

/** Edge of the square input in pixels. What is left over beyond whole patches, at the right and at the bottom, is not seen. */
export const imageSize = positive.default(224);

interface Sizes {
  readonly imageSize: number;
  readonly patchSize: number;
  readonly width: number;
  readonly heads: number;
}

/** What sizes must have to do with each other. */
export function checkSizes({ imageSize: edge, patchSize, width, heads }: Sizes, context: z.core.$RefinementCtx): void {
  const problem = (key: string, message: string): void => context.addIssue({ code: "custom", path: [key], message });
  if (patchSize > edge) problem("patchSize", `a picture of ${edge} pixels holds no patch of ${patchSize}`);
  if (width % heads !== 0) problem("heads", `a width of ${width} cannot be split into ${heads} heads evenly`);
}
