import sharp from "sharp";
import { noisePicture } from "../generate/tiny-model.ts";

/** A picture of noise in a file. */
export async function writeNoiseFile(file: string, seed: number): Promise<void> {
  const { data, width, height } = noisePicture(seed);
  await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(file);
}
