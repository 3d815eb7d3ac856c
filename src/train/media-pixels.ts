import { loadPicture } from "../data/image.ts";
import type { Picture } from "../data/picture.ts";
import { fitted, type PreprocessingConfig } from "../data/preprocessing.ts";
import { ConfigError } from "../model/strict-config.ts";
import type { MediaInput } from "./media-input.ts";
import { isStored, type SourceMedium, type StoredPicture, type StoredPictures } from "./sources/source.ts";
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

  /** As many frames as the longest video has; of shorter ones, and of pictures beside them, the last one is seen again. @returns `pixels` float32 [media, frames, 3, height, width] */
  async feeds(media: readonly SourceMedium[]): Promise<Feeds> {
    const { size, mean, deviation } = this.preprocessing;
    const [height, width] = size;
    const shown = await Promise.all(media.map((medium) => this.shown(medium)));
    const frames = Math.max(1, ...shown.map(({ length }) => length));
    const shape = [Math.max(1, media.length), frames, 3, height, width];
    if (media.length === 0) return { pixels: { dtype: "float32", shape, data: new Float32Array(3 * height * width) } };
    const bytes = new Uint8ClampedArray(media.length * frames * height * width * 3);
    shown.forEach((pictures, number) => {
      for (let frame = 0; frame < frames; frame++)
        bytes.set(pictures[Math.min(frame, pictures.length - 1)]!.data, (number * frames + frame) * height * width * 3);
    });
    return { pixels: { dtype: "float32", shape, data: normalised(bytes, media.length * frames, width, mean, deviation) } };
  }

  private async shown(medium: SourceMedium): Promise<readonly Picture[]> {
    if (medium === undefined) throw new Error("a document marks the place of a picture and shows none");
    if (medium.evidence !== undefined)
      throw new ConfigError(
        "a document says itself what a classifier says of its picture, which takes the place of a frozen encoder's own word; freeze the vision encoder (model.freeze.vision) or take another data set",
      );
    const shown = "frames" in medium ? medium.frames : ["stored" in medium ? medium : medium.picture];
    return Promise.all(shown.map(async (source) => this.fitted(await (isStored(source) ? this.rendered(source) : loadPicture(source)))));
  }

  private async rendered({ stored, version, blend }: StoredPicture): Promise<Picture> {
    if (blend !== undefined)
      throw new ConfigError(
        `a document mixes the features of "${blend.stored}" into those of "${stored}", which only a frozen vision encoder's can be; freeze it (model.freeze.vision) or take another data set`,
      );
    if (this.pictures === undefined) throw new Error(`the picture "${stored}" is shown as a stored one, but its data set names no pictures to be stored`);
    return this.pictures.render(stored, version, this.preprocessing.size[1]);
  }
}
