import { platform } from "#data-platform";
import type { Picture, PictureSource } from "../data/image.ts";
import { resize } from "../data/resize.ts";
import { framePaths, loadVideo } from "../data/video.ts";
import { image, type Medium, video } from "../generate/medium.ts";
import type { MediaFile } from "./question.ts";

export interface ShownMediaOptions {
  /** Shown of a video. Default: 8. */
  readonly frames?: number;
  /** Where a picture's file lies, or its bytes, by the path that questions give it. Default: the path itself. */
  readonly fileOf?: (path: string) => PictureSource | Promise<PictureSource>;
}

const filmEndings = [".mp4", ".webm", ".mkv", ".mov"];
/** Longer edge of the frames of a film, which are in memory: encoders see less. */
const mostEdge = 512;

/** Media of questions: one for each file, so that each is encoded once as long as the model remembers it. */
export class ShownMedia {
  private readonly frames: number;
  private readonly fileOf: NonNullable<ShownMediaOptions["fileOf"]>;
  private readonly known = new Map<string, Medium | WeakRef<Medium>>();

  constructor({ frames = 8, fileOf = (path) => path }: ShownMediaOptions = {}) {
    this.frames = frames;
    this.fileOf = fileOf;
  }

  async of(files: readonly MediaFile[]): Promise<Medium[]> {
    const media: Medium[] = [];
    for (const file of files) {
      const key = mediaKey(file);
      const held = this.known.get(key);
      media.push((held instanceof WeakRef ? held.deref() : held) ?? (await this.open(file, key)));
    }
    return media;
  }

  private async open(file: MediaFile, key: string): Promise<Medium> {
    const { kind, path, ...range } = file;
    const film = kind === "video" && (await platform.listFolder(path)) === undefined ? await filmAt(path) : undefined;
    if (film !== undefined) {
      const medium = video((await loadVideo(film, { frames: this.frames, ...range })).map(small));
      // Its pixels are in memory: it is forgotten with the last prompt that shows it.
      this.known.set(key, new WeakRef(medium));
      return medium;
    }
    const still = async (): Promise<Medium> => (path === blank.path ? white() : image(await this.fileOf(path)));
    const medium = kind === "video" ? video(await framePaths(path, { frames: this.frames, ...range })) : await still();
    this.known.set(key, medium);
    return medium;
  }
}

/** A film where there is no folder of frames: the path itself, or with the ending of a film. */
async function filmAt(path: string): Promise<string | undefined> {
  const named = filmEndings.some((ending) => path.toLowerCase().endsWith(ending));
  for (const file of named ? [path] : filmEndings.map((ending) => path + ending)) {
    const opened = await platform.openFile(file).catch(() => undefined);
    if (opened === undefined) continue;
    await opened.close();
    return file;
  }
  return undefined;
}

function small(picture: Picture): Picture {
  const share = mostEdge / Math.max(picture.width, picture.height);
  return share >= 1 ? picture : resize(picture, Math.max(1, Math.round(share * picture.width)), Math.max(1, Math.round(share * picture.height)), "bicubic");
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
