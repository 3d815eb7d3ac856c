import type { AugmentationConfig } from "../../data/augmentation.ts";
import type { InterleavedDocument } from "../../data/document.ts";
import type { Picture, PictureSource } from "../../data/image.ts";
import type { ShowProgress } from "../../data/prepare.ts";
import type { Random } from "../../data/random.ts";
import type { Reader } from "../../data/samples/shard-plan.ts";
import type { SequenceMarkers } from "../../data/sequences.ts";
import type { Tokenizer } from "../../data/tokenizer.ts";

/** What a run of the parts of a Flamingo trains. */
export type TrainingStage = "language" | "resampler" | "flamingo";

/** A medium in a training document: a picture that is encoded once, or one that is encoded when it is drawn, or the frames of a video, of either sort. Undefined: the marker alone, in text that words stand for pictures in. */
export type SourceMedium =
  | ((StoredPicture | { readonly picture: PictureSource } | { readonly frames: readonly (PictureSource | StoredPicture)[] }) & ClassEvidence)
  | undefined;

export interface StoredPicture {
  readonly stored: string;
  readonly version: number;
  /** Another one whose features are mixed into its own: a thing that is neither of both, and that nobody had to draw ("mixup", Zhang et al. 2018). */
  readonly blend?: { readonly stored: string; readonly version: number /** Between 0 and 1, of the other one. */; readonly share: number };
}

/** Of an encoder with a classifier. */
export interface ClassEvidence {
  /** Probabilities of its classes, in the place of what it says of this picture: of a picture that was never there, only its evidence is. Default: what the encoder says. */
  readonly evidence?: Float32Array;
}

/** Whether the frame of a video is a stored picture. */
export function isStored(frame: PictureSource | StoredPicture): frame is StoredPicture {
  return typeof frame === "object" && "stored" in frame;
}

/** Pictures that the frozen vision encoder sees once, before training. */
export interface StoredPictures {
  readonly ids: readonly string[];
  /** Versions of each, such as placements on other backgrounds; version 0 is the picture as it is. */
  readonly versions: number;
  /** Changes whenever `render` gives other pixels, so that features of the old ones are not taken for those of the new. */
  readonly key: string;
  /** A square picture of this edge; a pure function of its arguments, so that an interrupted run goes on where it stopped. */
  render(id: string, version: number, size: number): Promise<Picture>;
}

/** What a training source is, once its module has opened it. What a stage of training does not ask for may be missing. */
export interface SourceModule {
  /** One document: a pure function of the random numbers that it is given. Stages `language` and `flamingo`. */
  document?(random: Random): InterleavedDocument<SourceMedium>;
  /** So many pairs of pictures, each pair of one thing, all things different. Stage `resampler`. */
  pairs?(count: number, random: Random): readonly (readonly [SourceMedium, SourceMedium])[];
  /** So many pictures, each with what is said of it and of none of the others. Stage `contrastive`. */
  captioned?(count: number, random: Random): readonly { readonly picture: PictureSource; readonly text: string }[];
  /** Texts that a vocabulary can be learnt from. */
  vocabularyTexts?(): Iterable<string>;
  readonly pictures?: StoredPictures;
}

/**
 * The default export of a module that a training config names.
 * @param options - what the config says under `options`; the module checks it
 */
export type OpenSource = (options: unknown, show: ShowProgress) => SourceModule | Promise<SourceModule>;

/** What every data set is told about the run. */
export interface SourceContext {
  readonly tokenizer: Tokenizer;
  readonly markers: SequenceMarkers & { readonly padding: string };
  readonly seed: number;
  /** Which of several processes this is, that share the data sets in files. */
  readonly reader: Reader;
  /** Parts of each batch that the graph is run with one after the other. */
  readonly microBatches: number;
  /** Which media text sees: the config's `fusion.attend`. */
  readonly attend: "last" | "all";
  /** Random changes of pictures that are learnt from, of samples in files. Default: none. */
  readonly augmentation?: AugmentationConfig;
}

/** Features of pictures, by id and version: what a feature store gives. */
export interface FeatureReader {
  readonly positions: number;
  readonly width: number;
  readonly versions: number;
  has(picture: string): boolean;
  /** Writes [positions, width] into `out` from `offset` on. */
  read(picture: string, version: number, out: Float32Array, offset?: number): void;
}
