import { pictureKind } from "../data/picture-file.ts";
import { image, type Medium } from "../generate/medium.ts";
import { invalid } from "./errors.ts";

const dataUrl = /^data:([\w.+-]+\/[\w.+-]+)?;base64,/i;

/** A picture of a request, and the field that holds it. */
export interface ReceivedPicture {
  readonly medium: Medium;
  readonly param: string;
}

/**
 * The pictures of a field that lists them.
 * @param field - the list, for errors
 * @param paramOf - the field of each
 * @throws ApiError when there are more than a request may hold, or one is no data URL of a picture
 */
export function picturesOf(urls: readonly string[], field: string, paramOf: (place: number) => string, maxImages: number): ReceivedPicture[] {
  if (urls.length > maxImages) throw invalid(`${field}: a request may hold at most ${maxImages} pictures, found ${urls.length}`, field, "too_many_images");
  return urls.map((url, i) => ({ medium: pictureOf(url, paramOf(i)), param: paramOf(i) }));
}

/**
 * The picture that a request carries. Only what is in the request itself is read: an address is refused, never opened.
 * @param param - the field, for errors
 * @throws ApiError when it is no data URL of a picture
 */
export function pictureOf(url: string, param: string): Medium {
  const start = dataUrl.exec(url)?.[0];
  if (start === undefined)
    throw invalid(
      `${param} must hold the picture itself as a data URL (data:image/png;base64,…); this server opens no addresses and no files`,
      param,
      "invalid_image_url",
    );
  const base64 = url.slice(start.length);
  const bytes = new Uint8Array(Buffer.from(base64, "base64"));
  // What is no base64 is passed over when it is decoded.
  if (base64.length === 0 || base64.length % 4 !== 0 || bytes.length !== (3 * base64.length) / 4 - padding(base64))
    throw invalid(`${param} is not whole base64: it is cut short, or holds other characters`, param, "invalid_base64");
  // Other kinds that the decoder knows, such as SVG, may point at files.
  if (pictureKind(bytes) === undefined)
    throw invalid(`${param} is not a picture that is taken here: send JPEG, PNG, WebP, GIF, AVIF or BMP`, param, "invalid_image_format");
  return image(bytes);
}

function padding(base64: string): number {
  return base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
}
