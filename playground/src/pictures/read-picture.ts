import type { Picture } from "../task/task.ts";

/**
 * Longest edge of a picture that is sent, in pixels. The models read pictures of 192 to 384 pixels; 1024 leaves room for those to come, and 64 pictures fit into a request of 32 MB.
 */
export const longestEdge = 1024;
/** Of a file that is sent as it is. */
const largestSent = 400_000;
/** Of a file that is opened at all. */
const largestOpened = 100_000_000;

/** What the server takes. */
const sentAsTheyAre = new Set(["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif", "image/bmp"]);

/** Why a file cannot be shown, as a sentence for people. */
export class PictureError extends Error {
  override readonly name = "PictureError";
}

/** The picture of a file, not larger than a model can use. @throws PictureError */
export async function readPicture(file: Blob, name: string): Promise<Picture> {
  if (file.type !== "" && !file.type.startsWith("image/")) throw new PictureError(`${name} is not a picture.`);
  if (file.size > largestOpened) throw new PictureError(`${name} is too large: it has ${Math.ceil(file.size / 1_000_000)} MB, and 100 MB is the most.`);
  const bitmap = await createImageBitmap(file).catch(() => {
    const kind =
      /\.hei[cf]$/i.test(name) || /hei[cf]/.test(file.type)
        ? "this browser cannot read HEIC pictures"
        : "it is damaged, or of a kind that this browser cannot read";
    throw new PictureError(`${name} cannot be shown: ${kind}. Save it as JPEG, PNG or WebP first.`);
  });
  try {
    const { width, height } = bitmap;
    const scale = Math.min(1, longestEdge / Math.max(width, height));
    if (scale === 1 && file.size <= largestSent && sentAsTheyAre.has(file.type)) return { url: await dataUrl(file), width, height };
    const size = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
    return { url: await dataUrl(await drawn(bitmap, size)), ...size };
  } finally {
    bitmap.close();
  }
}

/** The same of an address, such as a data URL. @throws PictureError */
export async function pictureAt(address: string, name: string): Promise<Picture> {
  return readPicture(address.startsWith("data:") ? blobOf(address, name) : await fetched(address, name), name);
}

/** Without `fetch`, which a content security policy may keep from data URLs. */
function blobOf(url: string, name: string): Blob {
  const [, type, base64] = /^data:(image\/[\w.+-]+);base64,(.*)$/s.exec(url) ?? [];
  try {
    return new Blob([Uint8Array.from(atob(base64!), (character) => character.charCodeAt(0))], { type: type! });
  } catch {
    throw new PictureError(`${name} is not a whole data URL of a picture.`);
  }
}

async function fetched(address: string, name: string): Promise<Blob> {
  const response = await fetch(address).catch(() => undefined);
  if (!response?.ok) throw new PictureError(`${name} cannot be fetched: the server does not answer.`);
  return response.blob();
}

/** The same picture with a longest edge of so many pixels at most. */
export async function smaller({ url, width, height }: Picture, edge: number, quality: number): Promise<Picture> {
  const scale = Math.min(1, edge / Math.max(width, height));
  const size = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
  const bitmap = await createImageBitmap(blobOf(url, "it"));
  try {
    const shrunk = await dataUrl(await drawn(bitmap, size, quality));
    // A small file may have become larger.
    return shrunk.length < url.length ? { url: shrunk, ...size } : { url, width, height };
  } finally {
    bitmap.close();
  }
}

async function drawn(bitmap: ImageBitmap, { width, height }: { readonly width: number; readonly height: number }, quality = 0.92): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d")!;
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  const encoded = (type: string): Promise<Blob | null> => new Promise((resolve) => canvas.toBlob(resolve, type, quality));
  const webp = await encoded("image/webp");
  // Safari writes PNG instead, which is many times larger.
  const blob = webp?.type === "image/webp" ? webp : await encoded("image/jpeg");
  if (blob === null) throw new PictureError("This browser has no memory left for the picture.");
  return blob;
}

function dataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(new PictureError("The file cannot be read any more."));
    reader.readAsDataURL(blob);
  });
}
