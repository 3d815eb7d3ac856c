import type { Picture } from "../data/picture.ts";
import type { ExplainedFrame } from "../index.ts";

/** Longest edge of a picture as it is shown, in pixels. */
const longestEdge = 384;
/** Of the heat: red, green, blue, and how much of it covers the place that got the most. */
const heat = [214, 51, 108] as const;
const strongest = 0.8;

/** The picture, not larger than it is shown, as a file. */
export async function shownPicture({ width, height, data }: Picture): Promise<Buffer> {
  const { default: sharp } = await import("sharp");
  const size = { width: longestEdge, height: longestEdge, fit: "inside" } as const;
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize(size)
    .png()
    .toBuffer();
}

/**
 * A map as a picture of one pixel for each place, clear where nothing was looked at.
 * @param map - [rows][columns]
 * @param most - the value that is covered most
 */
export async function heatPicture(map: readonly (readonly number[])[], most: number): Promise<Buffer> {
  const { default: sharp } = await import("sharp");
  const cells = map.flatMap((row) => row.flatMap((share) => [...heat, Math.round(255 * strongest * (most > 0 ? share / most : 0))]));
  return sharp(Uint8Array.from(cells), { raw: { width: map[0]!.length, height: map.length, channels: 4 } })
    .png()
    .toBuffer();
}

/** The shown picture with its heat over it, as a PNG file. */
export async function heatedPicture(shown: Buffer, heated: Buffer, { area }: ExplainedFrame): Promise<Buffer> {
  const { default: sharp } = await import("sharp");
  const { width, height } = await sharp(shown).metadata();
  const [left, top] = [Math.round(area.left * width), Math.round(area.top * height)];
  const [wide, high] = [Math.max(1, Math.round(area.width * width)), Math.max(1, Math.round(area.height * height))];
  const stretched = await sharp(heated).resize(wide, high, { fit: "fill", kernel: "linear" }).png().toBuffer();
  // What lies around the picture is cut off.
  const part = await sharp(stretched)
    .extract({
      left: Math.max(0, -left),
      top: Math.max(0, -top),
      width: Math.min(width, left + wide) - Math.max(0, left),
      height: Math.min(height, top + high) - Math.max(0, top),
    })
    .toBuffer();
  return sharp(shown)
    .composite([{ input: part, left: Math.max(0, left), top: Math.max(0, top) }])
    .png()
    .toBuffer();
}

/** Pictures in rows, as one PNG file. @param rows - all of a column are of one size */
export async function contactSheet(rows: readonly (readonly Buffer[])[]): Promise<Buffer> {
  const { default: sharp } = await import("sharp");
  const [first, ...others] = rows.flat();
  // A single picture is no list to join.
  if (others.length === 0) return first!;
  return sharp([first!, ...others], { join: { across: rows[0]!.length, shim: 8, background: "#ffffff" } })
    .png()
    .toBuffer();
}
