import type { VideoOptions } from "../../src/data/video.ts";
import { type BadPicture, badPictures } from "./bad-pictures.ts";

export interface BadVideo extends Omit<BadPicture, "options"> {
  readonly options?: VideoOptions;
}

const damaged = /^cat is damaged or cut short \(.+\); copy or download it again$/;

/** What cannot be a picture cannot be a video; a GIF that is cut short still has its first frame, but not all of them. */
export const badVideos: readonly BadVideo[] = [
  ...badPictures,
  ...[0.1, 0.5, 0.97].flatMap((share) =>
    ["animated.gif", "wiped.gif", "animated.png"].map((file) => ({
      what: `the frames of ${file} cut to ${100 * share} %`,
      file,
      change: (bytes: Uint8Array) => bytes.subarray(0, Math.floor(share * bytes.length)),
      message: damaged,
    })),
  ),
  {
    what: "a GIF with rubbish between its frames",
    file: "animated.gif",
    change: (bytes) => Uint8Array.from([...bytes.subarray(0, 13 + 768), 7, ...bytes.subarray(13 + 768)]),
    message: damaged,
  },
  {
    what: "no frames",
    file: "animated.gif",
    change: (bytes) => bytes,
    message: /^cat: 0 frames cannot be taken; ask for one or more$/,
    options: { frames: 0 },
  },
  {
    what: "more frames than memory is meant for",
    file: "animated.gif",
    change: (bytes) => bytes,
    message: /^cat: 1001 frames cannot be taken; ask for at most 1000, since/,
    options: { frames: 1001 },
  },
];
