import { platform } from "#data-platform";
import { fitted, type PreprocessingConfig } from "../../data/preprocessing.ts";
import { framePaths, loadVideo } from "../../data/video.ts";
import { image, type Medium, video } from "../../generate/medium.ts";
import type { MediaFile } from "./benchmark.ts";

const films = [".mp4", ".webm", ".mkv", ".mov"];

/** Media of questions: one for each file, so that each is encoded once as long as the model remembers it. */
export class BenchmarkMedia {
  private readonly frames: number;
  private readonly preprocessing: PreprocessingConfig;
  private readonly known = new Map<string, Medium | WeakRef<Medium>>();

  /** @param frames - shown of a video @param preprocessing - how the model sees pictures */
  constructor(frames: number, preprocessing: PreprocessingConfig) {
    this.frames = frames;
    this.preprocessing = preprocessing;
  }

  async of(files: readonly MediaFile[]): Promise<Medium[]> {
    const media: Medium[] = [];
    for (const file of files) {
      const key = [file.path, file.from, file.to].join("\n");
      const held = this.known.get(key);
      const found = held instanceof WeakRef ? held.deref() : held;
      media.push(found ?? (await this.open(file, key)));
    }
    return media;
  }

  private async open({ kind, path, ...range }: MediaFile, key: string): Promise<Medium> {
    const film = kind === "video" && (await platform.listFolder(path)) === undefined ? await filmAt(path) : undefined;
    if (film === undefined) {
      const medium = kind === "image" ? image(path) : video(await framePaths(path, { frames: this.frames, ...range }));
      this.known.set(key, medium);
      return medium;
    }
    const { background } = this.preprocessing;
    const frames = await loadVideo(film, { frames: this.frames, background, ...range });
    const medium = video(frames.map((frame) => fitted(frame, this.preprocessing)));
    // Its pixels are in memory: it is forgotten with the last prompt that shows it.
    this.known.set(key, new WeakRef(medium));
    return medium;
  }
}

/** A film where there is no folder of frames: the path itself, or with the ending of a film. */
async function filmAt(path: string): Promise<string | undefined> {
  const named = films.some((ending) => path.toLowerCase().endsWith(ending));
  for (const file of named ? [path] : films.map((ending) => path + ending)) {
    const opened = await platform.openFile(file).catch(() => undefined);
    if (opened === undefined) continue;
    await opened.close();
    return file;
  }
  return undefined;
}
