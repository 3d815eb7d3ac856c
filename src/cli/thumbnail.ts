import type { Picture } from "../data/picture.ts";

/** A picture that is no larger than it is shown, as a JPEG file. @param edge - the longer one, in pixels */
export async function thumbnailFile({ width, height, data }: Picture, edge: number): Promise<Buffer> {
  const { default: sharp } = await import("sharp");
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize({ width: edge, height: edge, fit: "inside", withoutEnlargement: true })
    .jpeg()
    .toBuffer();
}

/** The same as a data URL. */
export async function thumbnail(picture: Picture, edge: number): Promise<string> {
  return `data:image/jpeg;base64,${(await thumbnailFile(picture, edge)).toString("base64")}`;
}
