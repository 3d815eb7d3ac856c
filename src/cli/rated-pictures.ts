import { DataError } from "../data/errors.ts";
import { loadPicture } from "../data/image.ts";
import type { ShownMedia } from "../evaluate/shown-media.ts";
import type { RatedPictures } from "../serve/rating/rating-app.ts";
import { thumbnailFile } from "./thumbnail.ts";

/** Longer edge as it is shown, in pixels. */
const edge = 768;

/** Pictures for raters, decoded and scaled when they are asked for. */
export function ratedPictures(media: ShownMedia): RatedPictures {
  return {
    framesOf: async (file) => (await media.of([file]))[0]!.frames.length,
    async frame(file, place) {
      const frame = (await media.of([file]))[0]!.frames[place];
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
