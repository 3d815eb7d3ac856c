import { DataError } from "../errors.ts";
import type { DataPlatform } from "./platform.ts";

export const platform: DataPlatform = {
  async decode({ bytes, name, maxPixels, background }) {
    const bitmap = await createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>]), { imageOrientation: "from-image", premultiplyAlpha: "none" }).catch(
      (error: Error) => {
        throw new DataError(`${name} is not a picture that can be read, or it is damaged (${error.message})`, { cause: error });
      },
    );
    try {
      const { width, height } = bitmap;
      if (width * height > maxPixels)
        throw new DataError(
          `${name} has ${((width * height) / 1e6).toFixed(1)} megapixels, the limit is ${maxPixels / 1e6}; shrink it, or raise the limit (maxPixels)`,
        );
      const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
      if (context === null) throw new DataError(`${name} cannot be drawn: this browser has no 2D canvas in workers`);
      context.fillStyle = `rgb(${background.join(" ")})`;
      context.fillRect(0, 0, width, height);
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(0, 0, width, height);
      return { width, height, data: new Uint8ClampedArray(width * height * 3).map((_, i) => data[Math.floor(i / 3) * 4 + (i % 3)]!) };
    } finally {
      bitmap.close();
    }
  },
  async readFile(path) {
    const response = await fetch(path);
    if (!response.ok) throw new DataError(`cannot read ${path}: the server answered ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  },
};
