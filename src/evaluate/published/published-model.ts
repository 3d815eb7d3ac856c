/** What others published. */

export interface PublishedSource {
  readonly title: string;
  /** An address, or arXiv's number. */
  readonly at: string;
  /** What a reader has to know who lays figures beside these. */
  readonly note?: string;
}

export interface PublishedModel {
  readonly model: string;
  readonly source: PublishedSource;
  /** How examples were found. Default: at random. */
  readonly select?: "rices";
  /** By the names of benchmarks (`coco`), then by the number of examples: the benchmark's first figure. */
  readonly figures: Readonly<Record<string, Readonly<Record<number, number>>>>;
}
