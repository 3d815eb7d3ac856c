/** What data sets in files are made of, whatever their format: text with pictures and videos in it. */

export type SamplePiece =
  | { readonly kind: "text"; readonly text: string }
  /** The bytes of its file, or where that is: a path or an address. */
  | { readonly kind: "picture"; readonly name: string; readonly file: Uint8Array | string }
  /** The same; or the path of a folder of frames. */
  | { readonly kind: "video"; readonly name: string; readonly file: Uint8Array | string };

export type SamplePicture = Extract<SamplePiece, { kind: "picture" }>;
export type SampleVideo = Extract<SamplePiece, { kind: "video" }>;
export type SampleMedium = SamplePicture | SampleVideo;

export interface Sample {
  /** Names it within its shard. */
  readonly key: string;
  /** `pair`: one picture or video, then what is said of it. `page`: text and media in any order. */
  readonly form: "pair" | "page";
  readonly pieces: readonly SamplePiece[];
  /** What stands between two texts without a medium between them. */
  readonly joint: string;
}

/** A sample that cannot be read, and why. */
export interface BadSample {
  readonly key: string;
  readonly bad: string;
}

export interface NumberedSample {
  /** Its place in its shard, counted from 0. */
  readonly number: number;
  readonly sample: Sample | BadSample;
}

/** A file, or a folder, of samples. */
export interface Shard {
  /**
   * Samples in the order in which they lie there, without those before `from` and those that are not wanted.
   * @throws DataError when the shard is damaged: what comes after that is lost
   */
  samples(from: number, wanted: (number: number) => boolean): AsyncGenerator<NumberedSample>;
  close(): Promise<void>;
}

/** How one format is read. @throws DataError when there is no such shard, or it is of another format */
export type OpenShard = (path: string) => Promise<Shard>;

/** Of what is in memory. */
export function bytesOfSample(sample: Sample | BadSample): number {
  if ("bad" in sample) return sample.bad.length;
  return sample.pieces.reduce((sum, piece) => sum + (piece.kind === "text" ? 2 * piece.text.length : piece.file.length), 0);
}
