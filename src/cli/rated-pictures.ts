import { DataError } from "../data/errors.ts";
import { loadPicture } from "../data/image.ts";
import type { MediaFile } from "../evaluate/question.ts";
import type { ShownMedia } from "../evaluate/shown-media.ts";
import type { Medium } from "../generate/medium.ts";
import type { RatedPictures } from "../serve/rating/rating-app.ts";
import { thumbnailFile } from "./thumbnail.ts";

/** Longer edge as it is shown, in pixels. */
const edge = 768;

/** Pictures for raters, decoded and scaled when they are asked for. @param mediaOf - where a picture lies */
export function ratedPictures(mediaOf: (file: MediaFile) => ShownMedia): RatedPictures {
  const framesOf = async (file: MediaFile): Promise<Medium["frames"]> => (await mediaOf(file).of([file]))[0]!.frames;
  return {
    framesOf: async (file) => (await framesOf(file)).length,
    async frame(file, place) {
      const frame = (await framesOf(file))[place];
      if (frame === undefined) return undefined;
      try {
        return await thumbnailFile(await loadPicture(frame, { name: file.path }), edge);
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        process.stderr.write(`${error.message}\n`);
        return undefined;
      }
    },
  };
}
