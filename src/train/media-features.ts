/** What the frozen vision encoder makes of the pictures of a batch: read from a store, or computed where they are drawn anew each time. */
import { loadPicture } from "../data/image.ts";
import type { Picture } from "../data/picture.ts";
import { fitted, type PreprocessingConfig } from "../data/preprocessing.ts";
import { ConfigError } from "../model/strict-config.ts";
import type { HostTensor } from "../runtime/runtime.ts";
import type { FeatureEncoder } from "./feature-store.ts";
import type { MediaInput } from "./media-input.ts";
import { type FeatureReader, isStored, type SourceMedium, type StoredPicture } from "./sources/source.ts";
import type { Feeds } from "./training-source.ts";

export interface MediaFeaturesOptions {
  readonly store: FeatureReader | undefined;
  readonly encoder: FeatureEncoder;
  /** Classes of the encoder's classifier, and the first row of features that their probabilities fill. */
  readonly classes: number;
  readonly grid: number;
  /** How a picture that is not in the store is brought to the encoder's size. */
  readonly preprocessing: PreprocessingConfig;
}

export class MediaFeatures implements MediaInput {
  private readonly options: MediaFeaturesOptions;

  constructor(options: MediaFeaturesOptions) {
    this.options = options;
  }

  fitted(picture: Picture): Picture {
    return fitted(picture, this.options.preprocessing);
  }

  async feeds(media: readonly SourceMedium[]): Promise<Feeds> {
    return { features: await this.tensor(media) };
  }

  /**
   * A batch without pictures has one of zeros, which nobody sees. As many frames as the longest video has; of shorter ones, and of pictures beside them, the last one is seen again.
   * @returns float32 [media, frames, positions, width]
   * @throws DataError when a picture cannot be read; ConfigError when evidence does not fit the encoder; Error when a picture is not in the store
   */
  async tensor(media: readonly SourceMedium[]): Promise<HostTensor> {
    const { store, encoder } = this.options;
    const { positions, width } = encoder;
    const record = positions * width;
    const lengths = media.map((medium) => (medium !== undefined && "frames" in medium ? medium.frames.length : 1));
    const frames = Math.max(1, ...lengths);
    const data = new Float32Array(Math.max(1, media.length) * frames * record);
    const drawn: { readonly place: number; readonly pixels: Uint8ClampedArray }[] = [];
    for (const [number, medium] of media.entries()) {
      const place = number * frames;
      if (medium === undefined) throw new Error("a document marks the place of a picture and shows none");
      const shown = "frames" in medium ? medium.frames : ["stored" in medium ? medium : medium.picture];
      for (const [frame, source] of shown.entries()) {
        if (isStored(source)) readStored(store, source, data.subarray((place + frame) * record, (place + frame + 1) * record));
        else drawn.push({ place: place + frame, pixels: fitted(await loadPicture(source), this.options.preprocessing).data });
      }
    }
    if (drawn.length > 0) {
      const pixels = new Uint8ClampedArray(drawn.length * encoder.size ** 2 * 3);
      drawn.forEach((each, i) => pixels.set(each.pixels, i * encoder.size ** 2 * 3));
      const features = await encoder.encode(pixels, drawn.length);
      drawn.forEach(({ place }, i) => data.set(features.subarray(i * record, (i + 1) * record), place * record));
    }
    media.forEach((medium, number) => {
      const place = number * frames;
      if (medium?.evidence !== undefined) this.say(medium.evidence, data.subarray(place * record, (place + 1) * record));
      const last = place + lengths[number]! - 1;
      for (let next = last + 1; next < place + frames; next++) data.copyWithin(next * record, last * record, (last + 1) * record);
    });
    return { dtype: "float32", shape: [Math.max(1, media.length), frames, positions, width], data };
  }

  /** Puts probabilities in the place of the classifier's. @param features - of one picture, [positions, width] */
  private say(evidence: Float32Array, features: Float32Array): void {
    const { classes, grid, encoder } = this.options;
    if (evidence.length !== classes)
      throw new ConfigError(
        classes === 0
          ? `a document says what a classifier says of its picture, and the vision encoder has none; give it "classes": ${evidence.length}`
          : `a document gives the probabilities of ${evidence.length} classes, the vision encoder has ${classes}`,
      );
    features.fill(0, grid * encoder.width);
    features.set(evidence, grid * encoder.width);
  }
}

/** @param out - of one picture */
function readStored(store: FeatureReader | undefined, { stored, version, blend: other }: StoredPicture, out: Float32Array): void {
  if (store === undefined) throw new Error(`the picture "${stored}" is shown as a stored one, but its data set names no pictures to be stored`);
  store.read(stored, version, out);
  if (other !== undefined) blend(store, other, out);
}

/** Mixes the features of a stored picture into those of another. */
function blend(store: FeatureReader, { stored, version, share }: NonNullable<StoredPicture["blend"]>, features: Float32Array): void {
  if (!(share >= 0 && share <= 1)) throw new ConfigError(`a document blends ${share} of "${stored}" into a picture; a share is from 0 to 1`);
  const other = new Float32Array(features.length);
  store.read(stored, version, other);
  for (let i = 0; i < features.length; i++) features[i] = (1 - share) * features[i]! + share * other[i]!;
}
