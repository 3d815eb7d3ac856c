/** Pictures of a report's samples, each once, however often it is shown. */
import { DataError } from "../data/errors.ts";
import { loadPicture } from "../data/image.ts";
import type { MediaFile } from "../evaluate/question.ts";
import type { OpenedFrom } from "../evaluate/report/results-file.ts";
import { mediaKey, ShownMedia } from "../evaluate/shown-media.ts";
import { suitePlan } from "./evaluation-plan.ts";
import { thumbnail } from "./thumbnail.ts";

/** A frame as the page holds it. */
export interface ReportFrame {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  /** A data URL. */
  readonly url: string;
}

/** Of each medium its frames, or why it cannot be shown. */
export type ReportPictures = ReadonlyMap<string, readonly ReportFrame[] | { readonly reason: string }>;

/** Longer edge, in pixels: twice what the page shows. */
const edge = 256;
const frameEdge = 128;

/** Where the pictures of results lie. @param pictures - another folder for those of a suite */
export async function mediaOfResults({ suite, limit, seed = 1, shots, frames, ...opened }: OpenedFrom, pictures = opened.pictures): Promise<ShownMedia> {
  if (suite === undefined) return new ShownMedia(frames === undefined ? {} : { frames });
  const plan = await suitePlan({
    ...{ suite, seed },
    ...(limit === undefined ? {} : { limit }),
    ...(shots === undefined ? {} : { shots }),
    ...(pictures === undefined ? {} : { pictures }),
  });
  return plan.media;
}

export async function readReportPictures(files: Iterable<MediaFile>, media: ShownMedia): Promise<ReportPictures> {
  const found = new Map<string, readonly ReportFrame[] | { readonly reason: string }>();
  for (const file of files) {
    const key = mediaKey(file);
    if (!found.has(key)) found.set(key, await framesOf(file, media, `picture-${found.size}`));
  }
  return found;
}

async function framesOf(file: MediaFile, media: ShownMedia, name: string): Promise<readonly ReportFrame[] | { readonly reason: string }> {
  try {
    const [medium] = await media.of([file]);
    const frames: ReportFrame[] = [];
    for (const source of medium!.frames) {
      const picture = await loadPicture(source, { name: file.path });
      const { width, height } = picture;
      frames.push({ id: `${name}-${frames.length}`, width, height, url: await thumbnail(picture, file.kind === "video" ? frameEdge : edge) });
    }
    return frames;
  } catch (error) {
    if (error instanceof DataError) return { reason: error.message };
    throw error;
  }
}
