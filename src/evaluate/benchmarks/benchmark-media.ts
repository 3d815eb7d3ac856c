import { framePaths } from "../../data/video.ts";
import { image, type Medium, video } from "../../generate/medium.ts";
import type { MediaFile } from "./benchmark.ts";

/** Media of questions: one for each file, so that each is encoded once as long as the model remembers it. */
export class BenchmarkMedia {
  private readonly frames: number;
  private readonly known = new Map<string, Medium>();

  /** @param frames - shown of a video */
  constructor(frames: number) {
    this.frames = frames;
  }

  async of(files: readonly MediaFile[]): Promise<Medium[]> {
    const media: Medium[] = [];
    for (const file of files) {
      const key = [file.path, file.from, file.to].join("\n");
      const found = this.known.get(key) ?? (await this.open(file));
      this.known.set(key, found);
      media.push(found);
    }
    return media;
  }

  private async open({ kind, path, ...range }: MediaFile): Promise<Medium> {
    return kind === "image" ? image(path) : video(await framePaths(path, { frames: this.frames, ...range }));
  }
}
