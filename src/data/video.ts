import { platform } from "#data-platform";
import { evenlySpread, frameDurations } from "./animation.ts";
import { DataError } from "./errors.ts";
import { checkPictureFile, type DecodeOptions, damaged, defaultMaxPixels, loadPicture, white } from "./image.ts";
import type { Picture } from "./picture.ts";
import { pictureKind } from "./picture-file.ts";

/** Frames that may be taken of one video: all are decoded before the first is encoded. */
export const mostFrames = 1000;

export interface VideoOptions extends DecodeOptions {
  /** Frames to take, evenly spread over the time; of a shorter video all; at most 1000. Default: 8, as the paper trains (appendix A.1.1). */
  readonly frames?: number;
}

/**
 * Frames of a video in their order, for `video()`: of an animated GIF, WebP or PNG, from a path, an address or the file's bytes; in Node also of a folder of pictures
 * that are named in the order of their numbers. A still picture is a video of one frame.
 * @throws DataError when it cannot be read; for MP4 and other films it says how to take the frames out
 */
export async function loadVideo(source: string | Uint8Array, options: VideoOptions = {}): Promise<Picture[]> {
  const { frames = 8, name = typeof source === "string" ? source : "the video", maxPixels = defaultMaxPixels, background = white } = options;
  if (!Number.isInteger(frames) || frames < 1) throw new DataError(`${name}: ${frames} frames cannot be taken; ask for one or more`);
  if (frames > mostFrames)
    throw new DataError(`${name}: ${frames} frames cannot be taken; ask for at most ${mostFrames}, since all of them are in memory together`);
  const names = typeof source === "string" ? await platform.listFolder(source) : undefined;
  if (names !== undefined) return loadFolder(source as string, names, { ...options, frames });
  const bytes = typeof source === "string" ? await platform.readFile(source) : source;
  await checkPictureFile(bytes, name, maxPixels);
  try {
    const kind = pictureKind(bytes);
    const chosen = evenlySpread(kind === undefined ? [0] : frameDurations(bytes, kind), frames);
    if (kind === undefined || chosen.length === 1) return [await platform.decode(bytes, background)];
    const different = [...new Set(chosen)];
    const pictures = await platform.decodeFrames(bytes, different, background);
    return chosen.map((frame) => pictures[different.indexOf(frame)]!);
  } catch (error) {
    throw damaged(name, error as Error);
  }
}

async function loadFolder(folder: string, names: readonly string[], { frames, ...options }: VideoOptions & { frames: number }): Promise<Picture[]> {
  const pictures = framesIn(folder, names);
  const chosen = evenlySpread(
    pictures.map(() => 1),
    frames,
  );
  return Promise.all(chosen.map((frame) => loadPicture(`${folder}/${pictures[frame]}`, { ...options, name: `${folder}/${pictures[frame]}` })));
}

/**
 * Files of a video's frames that lie in a folder, in the order of the numbers in their names, evenly spread over the time: for `video()`, which reads them when it is encoded.
 * @param from - seconds, where there is a frame for each: the frames from then on; @param to - and before then
 * @throws DataError when there is no such folder, or it holds no pictures
 */
export async function framePaths(
  folder: string,
  { frames = 8, from = 0, to = Number.POSITIVE_INFINITY }: { readonly frames?: number; readonly from?: number; readonly to?: number } = {},
): Promise<string[]> {
  const names = await platform.listFolder(folder);
  if (names === undefined) throw new DataError(`there is no folder ${folder}; a video is a folder of frames such as 001.png, 002.png`);
  const all = framesIn(folder, names);
  const within = all.slice(Math.floor(from), Math.ceil(Math.min(to, all.length)));
  // A stretch between two frames, or after the last, shows the frame before it.
  const shown = within.length > 0 ? within : [all[Math.min(Math.floor(from), all.length - 1)]!];
  return evenlySpread(
    shown.map(() => 1),
    frames,
  ).map((frame) => `${folder}/${shown[frame]}`);
}

function framesIn(folder: string, names: readonly string[]): string[] {
  const pictures = names.filter((name) => /\.(?:jpe?g|png|webp|gif|avif|bmp|tiff?)$/i.test(name)).sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  if (pictures.length === 0) throw new DataError(`the folder ${folder} holds no pictures; a video is a folder of frames such as 001.png, 002.png`);
  return pictures;
}
