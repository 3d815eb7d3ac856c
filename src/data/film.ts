/** Frames of a film: which of them are taken, and where the seconds lie. */
import type { Picture } from "./picture.ts";

/** A film whose frames are known and decoded when they are asked for. Whoever opened it closes it. */
export interface Film {
  /** Before it is stood up. */
  readonly width: number;
  readonly height: number;
  /** When each frame appears, in seconds after the first one, ascending. */
  readonly times: readonly number[];
  /** When the last frame is over. */
  readonly duration: number;
  /** Upright. @param frames - numbers, ascending @throws Error when one is damaged */
  decode(frames: readonly number[]): Promise<Picture[]>;
}

/** How pictures are taken from a film: one after the other, in equal steps. */
export interface FilmRate {
  /** Default: 1, as the paper has it. */
  readonly perSecond?: number;
}

/**
 * Numbers of the frames that are taken of a film, as FFmpeg's filter `fps` takes them: each is seen just before the middle of its step. A film has at least one.
 * @returns ascending; one may be there several times
 */
export function framesAtRate({ times, duration }: Pick<Film, "times" | "duration">, { perSecond = 1 }: FilmRate = {}): number[] {
  const count = Math.max(1, Math.round(duration * perSecond));
  let frame = 0;
  return Array.from({ length: count }, (_, step) => {
    if (duration * perSecond < 0.5) return 0;
    // A frame that appears at the very middle belongs to the next step. Times are whole microseconds.
    while (frame + 1 < times.length && times[frame + 1]! < (step + 0.5) / perSecond - 1e-6) frame++;
    return frame;
  });
}
