import { openPictureFolder } from "./folder.ts";
import { openJsonl } from "./jsonl.ts";
import { openParquet } from "./parquet.ts";
import type { RecordOptions } from "./record-sample.ts";
import type { OpenShard } from "./sample.ts";
import { openWebdataset } from "./webdataset.ts";

interface SampleFormat {
  /** Of its files. A format without any has folders as its shards. */
  readonly endings: readonly string[];
  open(options: RecordOptions): OpenShard;
}

/** Every format that samples are read from. To add one is to write a file that turns a shard into samples, and to name it here. */
export const sampleFormats = {
  webdataset: { endings: [".tar"], open: openWebdataset },
  parquet: { endings: [".parquet"], open: openParquet },
  jsonl: { endings: [".jsonl", ".ndjson"], open: openJsonl },
  folder: { endings: [], open: () => openPictureFolder },
} as const satisfies Readonly<Record<string, SampleFormat>>;
export type SampleFormatName = keyof typeof sampleFormats;
export const sampleFormatNames = Object.keys(sampleFormats) as readonly SampleFormatName[];

/** What a path or address ends as. Undefined where nothing does: it may be a folder. */
export function sampleFormatOf(source: string): SampleFormatName | undefined {
  return sampleFormatNames.find((name) => sampleFormats[name].endings.some((ending) => source.toLowerCase().endsWith(ending)));
}
