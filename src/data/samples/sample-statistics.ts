import { platform } from "#data-platform";
import { checkPictureFile, defaultMaxPixels } from "../image.ts";
import type { Tokenizer } from "../tokenizer.ts";
import type { Sample, SamplePicture } from "./sample.ts";
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
  /** Pictures that are named by an address, which were not looked at. */
  readonly addresses: number;
  /** Pictures that are not there, none, or damaged at their beginning. */
  readonly brokenPictures: number;
  readonly tokens: Distribution | undefined;
  readonly picturesPerSample: Distribution | undefined;
  readonly pictureBytes: Distribution | undefined;
  readonly pictureWidth: Distribution | undefined;
  readonly pictureHeight: Distribution | undefined;
}

/** Counts samples; of pictures it reads the headers. */
export class SampleCounter {
  private readonly tokenizer: Tokenizer;
  private pairs = 0;
  private pages = 0;
  private addresses = 0;
  private brokenPictures = 0;
  private readonly tokens: number[] = [];
  private readonly pictures: number[] = [];
  private readonly bytes: number[] = [];
  private readonly widths: number[] = [];
  private readonly heights: number[] = [];

  constructor(tokenizer: Tokenizer) {
    this.tokenizer = tokenizer;
  }

  /** @returns pictures that cannot be read, and why */
  async add({ form, pieces }: Sample): Promise<readonly { readonly name: string; readonly reason: string }[]> {
    if (form === "pair") this.pairs++;
    else this.pages++;
    this.tokens.push(pieces.reduce((sum, piece) => sum + (piece.kind === "text" ? this.tokenizer.encode(piece.text).length : 0), 0));
    const pictures = pieces.filter((piece) => piece.kind === "picture");
    this.pictures.push(pictures.length);
    const broken: { name: string; reason: string }[] = [];
    for (const picture of pictures) {
      try {
        await this.addPicture(picture);
      } catch (error) {
        this.brokenPictures++;
        broken.push({ name: picture.name, reason: (error as Error).message });
      }
    }
    return broken;
  }

  private async addPicture({ name, file }: SamplePicture): Promise<void> {
    if (typeof file === "string" && isAddress(file)) {
      this.addresses++;
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
      pictures: this.pictures.reduce((sum, count) => sum + count, 0),
      addresses: this.addresses,
      brokenPictures: this.brokenPictures,
      tokens: distribution(this.tokens),
      picturesPerSample: distribution(this.pictures),
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
