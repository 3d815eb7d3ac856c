import { platform } from "#data-platform";
import { evenlySpread } from "./animation.ts";
import { DataError } from "./errors.ts";
import { framesAtRate } from "./film.ts";
import { framesIn, nameOf, type OpenVideoOptions, openVideo } from "./open-video.ts";
import type { Picture } from "./picture.ts";
import type { Random } from "./random.ts";

/** Frames that may be taken of one video: all are decoded before the first is encoded. */
export const mostFrames = 1000;

export interface VideoOptions extends OpenVideoOptions {
  /** Frames to take, evenly spread over the time; of a shorter video all; at most 1000. Default: 8, as the paper trains (appendix A.1.1). */
  readonly frames?: number;
  /** Seconds from which on, and before which, frames are taken. Default: all of it. Of an animation frames are taken of all of it. */
  readonly from?: number;
  readonly to?: number;
}

/**
 * Frames of a video in their order, for `video()`: of a film (MP4, QuickTime, WebM, Matroska; in Node, with the package `@napi-rs/webcodecs`) those at one each second or another rate, of an animated GIF, WebP or
 * PNG all; from a path, an address or the file's bytes; in Node also of a folder of pictures, one for each second, that are named in the order of their numbers. A still picture is a video of one frame.
 * @throws DataError when it cannot be read
 */
export async function loadVideo(source: string | Uint8Array, options: VideoOptions = {}): Promise<Picture[]> {
  const { frames = 8, from = 0, to = Number.POSITIVE_INFINITY } = options;
  checkFrames(frames, options.name ?? nameOf(source));
  const { shown, perSecond, decode } = await openVideo(source, options);
  const within = perSecond === undefined ? shown : stretch(shown, from * perSecond, to * perSecond);
  const spread = evenlySpread(
    within.map(({ duration }) => duration),
    frames,
  );
  return decode(spread.map((place) => within[place]!.frame));
}

/**
 * Frames that follow each other, from anywhere in the video: what is trained on (paper, section 3.1: one each second).
 * @param random - the same numbers give the same frames
 * @returns as many as asked for, or all of a shorter video
 * @throws DataError when it cannot be read
 */
export async function loadClip(
  source: string | Uint8Array,
  random: Random,
  { frames = 8, ...options }: OpenVideoOptions & Pick<VideoOptions, "frames"> = {},
): Promise<Picture[]> {
  checkFrames(frames, options.name ?? nameOf(source));
  const { timeline, decode } = await openVideo(source, options);
  const all = framesAtRate(timeline, options);
  const first = random.integer(0, Math.max(0, all.length - frames));
  return decode(all.slice(first, first + frames));
}

/**
 * Files of a video's frames that lie in a folder, in the order of the numbers in their names, evenly spread over the time: for `video()`, which reads them when it is encoded.
 * @param from - seconds, where there is a frame for each: the frames from then on; @param to - and before then
 * @throws DataError when there is no such folder, or it holds no pictures
 */
export async function framePaths(
  folder: string,
  { frames = 8, from = 0, to = Number.POSITIVE_INFINITY }: Pick<VideoOptions, "frames" | "from" | "to"> = {},
): Promise<string[]> {
  const names = await platform.listFolder(folder);
  if (names === undefined) throw new DataError(`there is no folder ${folder}; a video is a folder of frames such as 001.png, 002.png`);
  const shown = stretch(framesIn(folder, names), from, to);
  return evenlySpread(
    shown.map(() => 1),
    frames,
  ).map((frame) => `${folder}/${shown[frame]}`);
}

/** A stretch between two frames, or after the last, shows the frame before it. */
function stretch<Frame>(all: readonly Frame[], from: number, to: number): readonly Frame[] {
  const within = all.slice(Math.floor(from), Math.ceil(Math.min(to, all.length)));
  return within.length > 0 ? within : [all[Math.min(Math.floor(from), all.length - 1)]!];
}

function checkFrames(frames: number, name: string): void {
  if (!Number.isInteger(frames) || frames < 1) throw new DataError(`${name}: ${frames} frames cannot be taken; ask for one or more`);
  if (frames > mostFrames)
    throw new DataError(`${name}: ${frames} frames cannot be taken; ask for at most ${mostFrames}, since all of them are in memory together`);
}
