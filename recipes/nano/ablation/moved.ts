import { join } from "node:path";
import { loadPicture, type Picture } from "flamingo-vlm/data";
import { folder, places } from "./shapes.ts";

/** A picture of easy-VQA moved to one of its places; what comes in from beyond its edge is the edge again. */
export async function moved(image: string, version: number): Promise<Picture> {
  const picture = await loadPicture(join(folder, image));
  const [across, down] = places[version]!;
  if (across === 0 && down === 0) return picture;
  const { width, height } = picture;
  const data = new Uint8ClampedArray(picture.data.length);
  const channels = picture.data.length / (width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = channels * (within(y - down, height) * width + within(x - across, width));
      data.set(picture.data.subarray(from, from + channels), channels * (y * width + x));
    }
  }
  return { ...picture, data };
}

function within(place: number, size: number): number {
  return Math.min(size - 1, Math.max(0, place));
}
