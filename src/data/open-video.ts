import { platform } from "#data-platform";
import { frameDurations } from "./animation.ts";
import { DataError } from "./errors.ts";
import { type Film, type FilmRate, framesAtRate } from "./film.ts";
import { foreignKind } from "./foreign-kind.ts";
import { checkPictureFile, checkPixels, type DecodeOptions, damaged, defaultMaxPixels, loadPicture, white } from "./image.ts";
import type { Picture } from "./picture.ts";
import { pictureKind } from "./picture-file.ts";

export type OpenVideoOptions = DecodeOptions & FilmRate;

/** A video of any form before anything of it is decoded. */
export interface OpenedVideo {
  /** In seconds. */
  readonly timeline: Pick<Film, "times" | "duration">;
  /** Frames that a spread is taken of, and how long each is seen: of a film those at the rate, else all. */
  readonly shown: readonly { readonly frame: number; readonly duration: number }[];
  /** How many of these there are in each second; undefined: they are the frames of an animation, each as long as it is seen. */
  readonly perSecond: number | undefined;
  /** @param frames - numbers, ascending; one may be there several times @throws DataError when it is damaged */
  decode(frames: readonly number[]): Promise<Picture[]>;
}

/** @throws DataError when there is no such video, it is damaged, too large or cannot be read here */
export async function openVideo(source: string | Uint8Array, options: OpenVideoOptions): Promise<OpenedVideo> {
  const { name = nameOf(source), maxPixels = defaultMaxPixels, background = white, perSecond = 1 } = options;
  if (!(perSecond > 0 && perSecond < Number.POSITIVE_INFINITY)) throw new DataError(`${name}: ${perSecond} frames cannot be taken of each second`);
  const names = typeof source === "string" ? await platform.listFolder(source) : undefined;
  if (names !== undefined) return framesOfFolder(source as string, names, options);
  const bytes = typeof source === "string" ? await platform.readFile(source) : source;
  if (foreignKind(bytes)?.is === "video") {
    const film = await reading(name, () => platform.openFilm(bytes, name));
    checkPixels(film, name, maxPixels);
    const shown = framesAtRate(film, { perSecond }).map((frame) => ({ frame, duration: 1 }));
    return { timeline: film, shown, perSecond, decode: (frames) => reading(name, () => film.decode(frames)) };
  }
  await checkPictureFile(bytes, name, maxPixels);
  const kind = pictureKind(bytes);
  const durations = await reading(name, async () => (kind === undefined ? [0] : frameDurations(bytes, kind)));
  return {
    timeline: timelineOf(durations.map((duration) => duration / 1000)),
    shown: durations.map((duration, frame) => ({ frame, duration })),
    perSecond: undefined,
    decode: (frames) =>
      reading(name, async () => {
        const different = [...new Set(frames)];
        const pictures = durations.length === 1 ? [await platform.decode(bytes, background)] : await platform.decodeFrames(bytes, different, background);
        return frames.map((frame) => pictures[different.indexOf(frame)]!);
      }),
  };
}

export function nameOf(source: string | Uint8Array): string {
  return typeof source === "string" ? source : "the video";
}

/** Pictures of a folder that are the frames of a video, in the order of the numbers in their names. @throws DataError when there are none */
export function framesIn(folder: string, names: readonly string[]): string[] {
  const pictures = names.filter((name) => /\.(?:jpe?g|png|webp|gif|avif|bmp|tiff?)$/i.test(name)).sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  if (pictures.length === 0) throw new DataError(`the folder ${folder} holds no pictures; a video is a folder of frames such as 001.png, 002.png`);
  return pictures;
}

/** One for each second. */
function framesOfFolder(folder: string, names: readonly string[], options: OpenVideoOptions): OpenedVideo {
  const files = framesIn(folder, names).map((name) => `${folder}/${name}`);
  return {
    timeline: timelineOf(files.map(() => 1)),
    shown: files.map((_, frame) => ({ frame, duration: 1 })),
    perSecond: 1,
    decode: (frames) => Promise.all(frames.map((frame) => loadPicture(files[frame]!, { ...options, name: files[frame]! }))),
  };
}

/** @param durations - of frames that follow each other, in seconds */
function timelineOf(durations: readonly number[]): OpenedVideo["timeline"] {
  let end = 0;
  const times = durations.map((duration) => {
    const begin = end;
    end += duration;
    return begin;
  });
  return { times, duration: end };
}

async function reading<Result>(name: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    throw damaged(name, error as Error);
  }
}
