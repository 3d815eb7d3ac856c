import { textAt } from "./picture-file.ts";

/** A sequence of pictures under the name of a still one, which it has besides: libvips knows it by no other, and Chromium mistakes the colours of some sequences. */
export function asStillAvif(bytes: Uint8Array): Uint8Array {
  if (textAt(bytes, 8, 4) !== "avis") return bytes;
  const result = bytes.slice();
  result.set(new TextEncoder().encode("avif"), 8);
  return result;
}
