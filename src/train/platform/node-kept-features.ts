import { createHash, randomUUID } from "node:crypto";
import { appendFileSync, fstatSync, openSync, readSync } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole, writing } from "../../data/platform/node-write.ts";
import { jsonOf } from "../../data/text-file.ts";
import { ConfigError } from "../../model/strict-config.ts";
import { type FeatureEncoder, packFeatures, recordBytes, unpackFeatures } from "../feature-store.ts";

/** SHA-256 of the pixels, cut short, and of the record: what a power cut left half written is not taken for features. */
const [keyBytes, checkBytes] = [16, 8];

/**
 * The encoder, with a folder in which features stay, found by the pixels that they are of: each picture is encoded once, in whatever order, epoch or run it is shown. Features that were just computed are
 * rounded as those that are read, so that a run learns the same from both.
 *
 * Each process appends to a file of its own, so that several may share the folder.
 * @throws ConfigError when the folder is another encoder's
 */
export async function keepingFeatures(encoder: FeatureEncoder, folder: string): Promise<FeatureEncoder> {
  const kept = await KeptFeatures.open(encoder, folder);
  return { ...encoder, encode: (pixels, pictures) => kept.encode(pixels, pictures) };
}

interface Place {
  /** Descriptor of an open file. */
  readonly file: number;
  readonly at: number;
}

class KeptFeatures {
  private readonly encoder: FeatureEncoder;
  private readonly folder: string;
  private readonly places: Map<string, Place>;
  private readonly record: number;
  /** The file that this process appends to. */
  private own: { readonly file: number; length: number } | undefined;

  private constructor(encoder: FeatureEncoder, folder: string, places: Map<string, Place>) {
    this.encoder = encoder;
    this.folder = folder;
    this.places = places;
    this.record = recordBytes(encoder);
  }

  static async open(encoder: FeatureEncoder, folder: string): Promise<KeptFeatures> {
    const { key, positions, width } = encoder;
    const description = JSON.stringify({ format: 1, key, positions, width });
    const file = join(folder, "kept-features.json");
    await writing(folder, () => mkdir(folder, { recursive: true }));
    const found = await readFile(file).catch(() => undefined);
    if (found === undefined) await writeWhole(file, description);
    else if (JSON.stringify(jsonOf(found, file)) !== description)
      throw new ConfigError(`${folder} keeps features of another vision encoder, or of other preprocessing; name another folder with "features", or delete it`);
    const places = new Map<string, Place>();
    const whole = keyBytes + checkBytes + recordBytes(encoder);
    for (const name of (await readdir(folder)).filter((each) => each.endsWith(".bin"))) {
      const records = openSync(join(folder, name), "r");
      const { size } = fstatSync(records);
      const id = Buffer.alloc(keyBytes);
      // What another process is still writing, or did not write to its end, is not whole.
      for (let at = 0; at + whole <= size; at += whole) {
        readSync(records, id, 0, keyBytes, at);
        places.set(id.toString("hex"), { file: records, at });
      }
    }
    return new KeptFeatures(encoder, folder, places);
  }

  async encode(pixels: Uint8ClampedArray, pictures: number): Promise<Float32Array> {
    const { encoder, record } = this;
    const edge = encoder.size ** 2 * 3;
    const each = encoder.positions * encoder.width;
    const features = new Float32Array(pictures * each);
    const missing = new Map<string, number[]>();
    for (let i = 0; i < pictures; i++) {
      const key = digest(pixels.subarray(i * edge, (i + 1) * edge), keyBytes).toString("hex");
      const found = missing.has(key) ? undefined : this.read(key);
      if (found === undefined) missing.set(key, [...(missing.get(key) ?? []), i]);
      else unpackFeatures(found, encoder, features, i * each);
    }
    if (missing.size === 0) return features;
    const first = [...missing.values()].map(([i]) => i!);
    const shown = new Uint8ClampedArray(first.length * edge);
    first.forEach((i, n) => shown.set(pixels.subarray(i * edge, (i + 1) * edge), n * edge));
    const computed = await encoder.encode(shown, first.length);
    const records = new Map<string, Uint8Array>();
    [...missing].forEach(([key, shownAt], n) => {
      const packed = new Uint8Array(record);
      packFeatures(computed.subarray(n * each, (n + 1) * each), encoder, packed);
      for (const i of shownAt) unpackFeatures(packed, encoder, features, i * each);
      records.set(key, packed);
    });
    await writing(this.folder, async () => this.append(records));
    return features;
  }

  /** @returns undefined when it is not there, or not as it was written */
  private read(key: string): Uint8Array | undefined {
    const place = this.places.get(key);
    if (place === undefined) return undefined;
    const bytes = Buffer.alloc(checkBytes + this.record);
    const read = readSync(place.file, bytes, 0, bytes.length, place.at + keyBytes);
    const record = new Uint8Array(bytes.subarray(checkBytes));
    return read === bytes.length && digest(record, checkBytes).equals(bytes.subarray(0, checkBytes)) ? record : undefined;
  }

  private append(records: ReadonlyMap<string, Uint8Array>): void {
    this.own ??= { file: openSync(join(this.folder, `${randomUUID()}.bin`), "ax+"), length: 0 };
    const { own } = this;
    appendFileSync(own.file, Buffer.concat([...records].flatMap(([key, record]) => [Buffer.from(key, "hex"), digest(record, checkBytes), record])));
    for (const key of records.keys()) {
      this.places.set(key, { file: own.file, at: own.length });
      own.length += keyBytes + checkBytes + this.record;
    }
  }
}

function digest(bytes: Uint8Array | Uint8ClampedArray, length: number): Buffer {
  return createHash("sha256").update(bytes).digest().subarray(0, length);
}
