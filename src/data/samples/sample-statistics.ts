import { platform } from "#data-platform";
import { checkPictureFile, defaultMaxPixels } from "../image.ts";
import { openVideo } from "../open-video.ts";
import type { Tokenizer } from "../tokenizer.ts";
import type { Sample, SampleMedium } from "./sample.ts";
import { isAddress } from "./shard-paths.ts";

export interface Distribution {
  readonly least: number;
  readonly median: number;
  /** Below it are 95% of the values. */
  readonly percentile95: number;
  readonly most: number;
  readonly mean: number;
}

/** What a data set holds, in numbers; a distribution is missing where there is nothing. */
export interface SampleStatistics {
  readonly samples: number;
  readonly pairs: number;
  readonly pages: number;
  readonly pictures: number;
  readonly videos: number;
  /** Pictures and videos that are named by an address, which were not looked at. */
  readonly addresses: number;
  /** Pictures and videos that are not there, none, or damaged at their beginning. */
  readonly broken: number;
  readonly tokens: Distribution | undefined;
  /** Pictures and videos. */
  readonly picturesPerSample: Distribution | undefined;
  readonly videoSeconds: Distribution | undefined;
  readonly pictureBytes: Distribution | undefined;
  readonly pictureWidth: Distribution | undefined;
  readonly pictureHeight: Distribution | undefined;
}

/** Counts samples; of pictures it reads the headers, of videos their packets. */
export class SampleCounter {
  private readonly tokenizer: Tokenizer;
  private pairs = 0;
  private pages = 0;
  private addresses = 0;
  private broken = 0;
  private videos = 0;
  private readonly tokens: number[] = [];
  private readonly media: number[] = [];
  private readonly seconds: number[] = [];
  private readonly bytes: number[] = [];
  private readonly widths: number[] = [];
  private readonly heights: number[] = [];

  constructor(tokenizer: Tokenizer) {
    this.tokenizer = tokenizer;
  }

  /** @returns media that cannot be read, and why */
  async add({ form, pieces }: Sample): Promise<readonly { readonly name: string; readonly reason: string }[]> {
    if (form === "pair") this.pairs++;
    else this.pages++;
    this.tokens.push(pieces.reduce((sum, piece) => sum + (piece.kind === "text" ? this.tokenizer.encode(piece.text).length : 0), 0));
    const media = pieces.filter((piece) => piece.kind !== "text");
    this.media.push(media.length);
    const broken: { name: string; reason: string }[] = [];
    for (const medium of media) {
      if (medium.kind === "video") this.videos++;
      try {
        await this.addMedium(medium);
      } catch (error) {
        this.broken++;
        broken.push({ name: medium.name, reason: (error as Error).message });
      }
    }
    return broken;
  }

  private async addMedium({ kind, name, file }: SampleMedium): Promise<void> {
    if (typeof file === "string" && isAddress(file)) {
      this.addresses++;
      return;
    }
    if (kind === "video") {
      this.seconds.push((await openVideo(file, { name })).timeline.duration);
      return;
    }
    const bytes = typeof file === "string" ? await platform.readFile(file) : file;
    await checkPictureFile(bytes, name, defaultMaxPixels);
    const { width, height } = await platform.size(bytes);
    this.bytes.push(bytes.length);
    this.widths.push(width);
    this.heights.push(height);
  }

  statistics(): SampleStatistics {
    return {
      samples: this.pairs + this.pages,
      pairs: this.pairs,
      pages: this.pages,
      pictures: this.media.reduce((sum, count) => sum + count, 0) - this.videos,
      videos: this.videos,
      addresses: this.addresses,
      broken: this.broken,
      tokens: distribution(this.tokens),
      picturesPerSample: distribution(this.media),
      videoSeconds: distribution(this.seconds),
      pictureBytes: distribution(this.bytes),
      pictureWidth: distribution(this.widths),
      pictureHeight: distribution(this.heights),
    };
  }
}

function distribution(values: readonly number[]): Distribution | undefined {
  if (values.length === 0) return undefined;
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  return {
    least: sorted[0]!,
    median: at(0.5),
    percentile95: at(0.95),
    most: sorted.at(-1)!,
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
  };
}
