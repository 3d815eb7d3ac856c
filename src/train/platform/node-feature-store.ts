import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { mkdir, open, readFile, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole, writing } from "../../data/platform/node-write.ts";
import { jsonOf } from "../../data/text-file.ts";
import { ConfigError } from "../../model/strict-config.ts";
import { type FeatureEncoder, type FeatureShape, type FeatureStoreIndex, packFeatures, recordBytes, unpackFeatures } from "../feature-store.ts";

export interface FeaturesEvent {
  readonly type: "features";
  readonly done: number;
  readonly total: number;
  readonly secondsLeft: number;
}

export interface FeatureStorePlan {
  /** Folder of `features.bin` and `features.json`. */
  readonly folder: string;
  readonly encoder: FeatureEncoder;
  readonly pictures: readonly string[];
  readonly versions: number;
  /** RGB bytes of a picture, [size, size, 3]; a pure function of its arguments, so that a store can be continued. */
  render(picture: string, version: number): Promise<Uint8ClampedArray>;
  readonly batch?: number;
}

/**
 * Encodes every picture in every version. Records that are there already are kept.
 * @throws ConfigError when they are of other pictures or another encoder: they took minutes, and another run may be reading them; Error when a picture cannot be read or the disk is full; what was written stays and is continued by the next run
 */
export async function* buildFeatureStore({ folder, encoder, pictures, versions, render, batch = 16 }: FeatureStorePlan): AsyncGenerator<FeaturesEvent> {
  const { key, positions, width, size } = encoder;
  const index: FeatureStoreIndex = { format: 1, key, positions, width, versions, pictures };
  const bytes = recordBytes(encoder);
  const total = pictures.length * versions;
  const first = await prepare(folder, index, bytes);
  const file = await open(join(folder, "features.bin"), "a");
  const started = performance.now();
  const renderFrom = async (at: number): Promise<Uint8ClampedArray> => {
    const count = Math.max(0, Math.min(batch, total - at));
    const pixels = new Uint8ClampedArray(count * size * size * 3);
    const place = async (i: number): Promise<void> =>
      pixels.set(await render(pictures[(at + i) % pictures.length]!, Math.floor((at + i) / pictures.length)), i * size * size * 3);
    await Promise.all(Array.from({ length: count }, (_, i) => place(i)));
    return pixels;
  };
  try {
    let pixels = await renderFrom(first);
    for (let at = first; at < total; at += batch) {
      const count = Math.min(batch, total - at);
      // The next pictures are drawn while these are encoded.
      const [features, next] = await Promise.all([encoder.encode(pixels, count), renderFrom(at + batch)]);
      pixels = next;
      const records = new Uint8Array(count * bytes);
      for (let i = 0; i < count; i++)
        packFeatures(features.subarray(i * positions * width, (i + 1) * positions * width), encoder, records.subarray(i * bytes, (i + 1) * bytes));
      await writing(join(folder, "features.bin"), () => file.appendFile(records));
      const done = at + count;
      yield { type: "features", done, total, secondsLeft: ((performance.now() - started) / 1000 / (done - first)) * (total - done) };
    }
  } finally {
    await file.close();
  }
}

/** Keeps what is there if it belongs to this index, up to its last whole record. @returns the number of records kept */
async function prepare(folder: string, index: FeatureStoreIndex, bytes: number): Promise<number> {
  await mkdir(folder, { recursive: true });
  const records = join(folder, "features.bin");
  const description = join(folder, "features.json");
  const old = await readFile(description, "utf8").catch(() => "");
  const length = await stat(records).then(
    ({ size }) => size,
    () => 0,
  );
  // A store with fewer versions is continued: records lie version by version.
  if (length > 0 && !(old !== "" && sameExceptVersions(JSON.parse(old) as FeatureStoreIndex, index)))
    throw new ConfigError(
      `${folder} holds features of other pictures, or of another vision encoder; name another folder for these with "features", or delete it if nothing else is trained on it`,
    );
  const kept = Math.min(Math.floor(length / bytes), index.pictures.length * index.versions);
  await (await open(records, "a")).close();
  await truncate(records, kept * bytes);
  await writeWhole(description, JSON.stringify(index));
  return kept;
}

function sameExceptVersions(a: FeatureStoreIndex, b: FeatureStoreIndex): boolean {
  return JSON.stringify({ ...a, versions: 0 }) === JSON.stringify({ ...b, versions: 0 });
}

/** Random access to a built store. Reads are small and go through the system's file cache, so the memory that they take is not the process's. */
export class FeatureStore implements FeatureShape {
  readonly positions: number;
  readonly width: number;
  /** Versions of every picture that are there. */
  readonly versions: number;
  readonly pictures: readonly string[];
  private readonly file: number;
  private readonly record: Uint8Array;
  private readonly rows: ReadonlyMap<string, number>;

  private constructor(index: FeatureStoreIndex, file: number) {
    this.positions = index.positions;
    this.width = index.width;
    this.pictures = index.pictures;
    this.file = file;
    this.record = new Uint8Array(recordBytes(index));
    this.versions = Math.min(index.versions, Math.floor(fstatSync(file).size / this.record.length / index.pictures.length));
    this.rows = new Map(index.pictures.map((picture, row) => [picture, row]));
  }

  /** @throws when the folder holds no store with at least one whole version */
  static async open(folder: string): Promise<FeatureStore> {
    const file = join(folder, "features.json");
    const bytes = await readFile(file).catch((error: unknown) => {
      throw new Error(`there is no feature store in ${folder}; "flamingo train" builds it`, { cause: error });
    });
    const store = new FeatureStore(jsonOf(bytes, file) as FeatureStoreIndex, openSync(join(folder, "features.bin"), "r"));
    if (store.versions >= 1) return store;
    store.close();
    throw new Error(`the feature store in ${folder} is not finished; continue building it`);
  }

  has(picture: string): boolean {
    return this.rows.has(picture);
  }

  /**
   * Features of a picture.
   * @param out - [positions, width] is written from `offset` on
   * @throws when there is no such picture or version
   */
  read(picture: string, version: number, out: Float32Array, offset = 0): void {
    const row = this.rows.get(picture);
    if (row === undefined) throw new Error(`the feature store holds no picture "${picture}"`);
    if (!(version >= 0 && version < this.versions)) throw new Error(`the feature store holds versions 0 to ${this.versions - 1}, not ${version}`);
    const { length } = this.record;
    const read = readSync(this.file, this.record, 0, length, (version * this.pictures.length + row) * length);
    if (read !== length) throw new Error(`features.bin ends too early: picture "${picture}", version ${version}; build the store again`);
    unpackFeatures(this.record, this, out, offset);
  }

  close(): void {
    closeSync(this.file);
  }
}
