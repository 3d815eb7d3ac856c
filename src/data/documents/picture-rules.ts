/** Which pictures of web pages teach nothing (Alayrac et al., 2022, appendix A.3.1). */
import type { Picture } from "../picture.ts";

export interface PictureRules {
  /** Pixels of the shorter edge. */
  readonly leastEdge: number;
  /** Of the longer edge to the shorter. */
  readonly mostAspect: number;
}

export type PictureFlaw = "small" | "narrow" | "single colour";

/** How far apart bytes of a picture of a single colour may be: compression changes them a little. */
const sameColour = 8;

/** From the size alone. */
export function sizeFlaw({ width, height }: Pick<Picture, "width" | "height">, { leastEdge, mostAspect }: PictureRules): PictureFlaw | undefined {
  if (Math.min(width, height) < leastEdge) return "small";
  return Math.max(width, height) > mostAspect * Math.min(width, height) ? "narrow" : undefined;
}

export function isSingleColour({ data }: Picture): boolean {
  const least = [255, 255, 255];
  const greatest = [0, 0, 0];
  for (let i = 0; i < data.length; i += 3) {
    for (let c = 0; c < 3; c++) {
      const value = data[i + c]!;
      if (value < least[c]!) least[c] = value;
      if (value > greatest[c]!) greatest[c] = value;
      if (greatest[c]! - least[c]! > sameColour) return false;
    }
  }
  return true;
}
