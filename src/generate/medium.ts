import type { PictureSource } from "../data/image.ts";

/** A picture or a video in a prompt. */
export interface Medium {
  readonly kind: "image" | "video";
  /** One picture, or a video's frames in their order. */
  readonly frames: readonly PictureSource[];
}

/** A picture: a path (in a browser an address), the bytes of its file, or decoded pixels. */
export function image(source: PictureSource): Medium {
  return { kind: "image", frames: [source] };
}

/** A video as frames in their order; the paper shows one per second. @throws when there are none */
export function video(frames: readonly PictureSource[]): Medium {
  if (frames.length === 0) throw new Error("a video needs at least one frame");
  return { kind: "video", frames };
}
