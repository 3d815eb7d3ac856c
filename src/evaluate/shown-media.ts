import type { PictureSource } from "../data/image.ts";
import { framePaths } from "../data/video.ts";
import { image, type Medium, video } from "../generate/medium.ts";
import type { MediaFile } from "./question.ts";

export interface ShownMediaOptions {
  /** Shown of a video. Default: 8. */
  readonly frames?: number;
  /** Where a picture's file lies, or its bytes, by the path that questions give it. Default: the path itself. */
  readonly fileOf?: (path: string) => PictureSource | Promise<PictureSource>;
}

/** Media of questions: one for each file, so that each is encoded once as long as the model remembers it. */
export class ShownMedia {
  private readonly frames: number;
  private readonly fileOf: NonNullable<ShownMediaOptions["fileOf"]>;
  private readonly known = new Map<string, Medium>();

  constructor({ frames = 8, fileOf = (path) => path }: ShownMediaOptions = {}) {
    this.frames = frames;
    this.fileOf = fileOf;
  }

  async of(files: readonly MediaFile[]): Promise<Medium[]> {
    const media: Medium[] = [];
    for (const file of files) {
      const key = mediaKey(file);
      const found = this.known.get(key) ?? (await this.open(file));
      this.known.set(key, found);
      media.push(found);
    }
    return media;
  }

  private async open({ kind, path, ...range }: MediaFile): Promise<Medium> {
    if (kind === "video") return video(await framePaths(path, { frames: this.frames, ...range }));
    return path === blank.path ? white() : image(await this.fileOf(path));
  }
}

/** A white picture. */
export const blank: MediaFile = { kind: "image", path: "" };

/** A PNG of 8 x 8 white pixels, which can be sent as it is. */
const whitePng = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAD0lEQVQI12P4jwMwDC0JALoev0E4ThxMAAAAAElFTkSuQmCC";

function white(): Medium {
  return image(Uint8Array.from(atob(whitePng), (character) => character.charCodeAt(0)));
}

/** Tells media of questions apart. */
export function mediaKey({ path, from, to }: MediaFile): string {
  return from === undefined && to === undefined ? path : [path, from, to].join("\n");
}
