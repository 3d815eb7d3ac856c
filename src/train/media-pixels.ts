import { loadPicture } from "../data/image.ts";
import type { Picture } from "../data/picture.ts";
import { fitted, type PreprocessingConfig } from "../data/preprocessing.ts";
import { ConfigError } from "../model/strict-config.ts";
import type { MediaInput } from "./media-input.ts";
import type { SourceMedium, StoredPictures } from "./sources/source.ts";
import type { Feeds } from "./training-source.ts";
import { normalised } from "./vision-features.ts";

/** Pixels of the pictures of a batch, for a vision encoder that is trained: what it says of a picture changes at every step, so that nothing can be stored. */
export class MediaPixels implements MediaInput {
  private readonly preprocessing: PreprocessingConfig;
  private readonly pictures: StoredPictures | undefined;

  /**
   * @param preprocessing - how pictures are brought to the encoder's square size, and pixels normalised
   * @param pictures - those that the data set shows by their names; they are rendered whenever they are shown
   */
  constructor(preprocessing: PreprocessingConfig, pictures: StoredPictures | undefined) {
    this.preprocessing = preprocessing;
    this.pictures = pictures;
  }

  fitted(picture: Picture): Picture {
    return fitted(picture, this.preprocessing);
  }

  /** @returns `pixels` float32 [media, 1, 3, height, width] */
  async feeds(media: readonly SourceMedium[]): Promise<Feeds> {
    const { size, mean, deviation } = this.preprocessing;
    const [height, width] = size;
    const count = Math.max(1, media.length);
    const shape = [count, 1, 3, height, width];
    if (media.length === 0) return { pixels: { dtype: "float32", shape, data: new Float32Array(3 * height * width) } };
    const bytes = new Uint8ClampedArray(count * height * width * 3);
    const pictures = await Promise.all(media.map((medium) => this.shown(medium)));
    pictures.forEach(({ data }, place) => bytes.set(data, place * height * width * 3));
    return { pixels: { dtype: "float32", shape, data: normalised(bytes, count, width, mean, deviation) } };
  }

  private async shown(medium: SourceMedium): Promise<Picture> {
    if (medium === undefined) throw new Error("a document marks the place of a picture and shows none");
    if (medium.evidence !== undefined)
      throw new ConfigError(
        `a document says itself what a classifier says of its picture, which takes the place of a frozen encoder's own word; freeze the vision encoder (model.freeze.vision) or take another data set`,
      );
    if ("picture" in medium) return this.fitted(await loadPicture(medium.picture));
    if (medium.blend !== undefined)
      throw new ConfigError(
        `a document mixes the features of "${medium.blend.stored}" into those of "${medium.stored}", which only a frozen vision encoder's can be; freeze it (model.freeze.vision) or take another data set`,
      );
    if (this.pictures === undefined)
      throw new Error(`the picture "${medium.stored}" is shown as a stored one, but its data set names no pictures to be stored`);
    return this.fitted(await this.pictures.render(medium.stored, medium.version, this.preprocessing.size[1]));
  }
}
