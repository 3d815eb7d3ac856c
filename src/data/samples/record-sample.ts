/** Samples from records: rows of Parquet files and lines of JSON, which name their parts in the same ways. */
import { isMmc4, type Mmc4Options, mmc4Sample } from "./mmc4.ts";
import type { BadSample, Sample, SampleMedium, SamplePiece } from "./sample.ts";
import { besideShard } from "./shard-paths.ts";

export interface RecordOptions {
  /** Names of a pair's parts. Default: `image`, `jpg`, `file_name` or `url`, without these `video` or `mp4`, and `text` or `caption`. */
  readonly image?: string | undefined;
  readonly video?: string | undefined;
  readonly text?: string | undefined;
  readonly mmc4: Mmc4Options;
}

export type Fields = Readonly<Record<string, unknown>>;

export const imageFields = ["image", "jpg", "file_name", "image_path", "url"] as const;
export const videoFields = ["video", "mp4", "video_path"] as const;
export const textFields = ["text", "caption", "txt"] as const;

/** Where a sample lies. */
export interface RecordPlace {
  readonly shard: string;
  readonly key: string;
}

/**
 * Known are pairs (a picture or video, and a text), pages as a list of `pieces`, each with a `text`, an `image` or a `video`, OBELICS (Laurençon et al., 2023: `images` and `texts`, of which at each place one is
 * there), MMC4, and records with a text alone.
 */
export function recordSample(fields: Fields, place: RecordPlace, options: RecordOptions): Sample | BadSample {
  const { key, shard } = place;
  try {
    if (isMmc4(fields)) return mmc4Sample(key, fields, options.mmc4, fromBase64);
    if (Array.isArray(fields["images"]) && Array.isArray(fields["texts"])) return obelics(fields["images"], fields["texts"], place);
    if (Array.isArray(fields["pieces"])) return { key, form: "page", joint: "\n\n", pieces: fields["pieces"].map((piece, i) => listed(piece, i, shard)) };
    return pair(fields, place, options);
  } catch (error) {
    return { key, bad: (error as Error).message };
  }
}

function pair(fields: Fields, { key, shard }: RecordPlace, { image, video, text }: RecordOptions): Sample {
  const imageField = image ?? (video === undefined ? imageFields.find((name) => present(fields[name])) : undefined);
  const videoField = video ?? (imageField === undefined ? videoFields.find((name) => present(fields[name])) : undefined);
  const textField = text ?? textFields.find((name) => present(fields[name]));
  if (textField === undefined || !present(fields[textField]))
    throw new Error(`it has no ${text === undefined ? `text (${textFields.join(", ")})` : `"${text}"`}; it has ${Object.keys(fields).join(", ") || "nothing"}`);
  const said = fields[textField];
  if (typeof said !== "string") throw new Error(`its "${textField}" is no text`);
  const piece: SamplePiece = { kind: "text", text: said };
  const media = [["picture", imageField] as const, ["video", videoField] as const].flatMap(([kind, field]) => {
    if (field === undefined) return [];
    if (!present(fields[field])) throw new Error(`it has no "${field}"`);
    return [medium(kind, fields[field], field, shard)];
  });
  return { key, form: media.length === 0 ? "page" : "pair", joint: "\n\n", pieces: [...media, piece] };
}

function obelics(images: readonly unknown[], texts: readonly unknown[], { key, shard }: RecordPlace): Sample {
  if (images.length !== texts.length) throw new Error(`it has ${images.length} images and ${texts.length} texts; of an OBELICS document there are as many`);
  const pieces = images.flatMap((image, i): SamplePiece[] => {
    const text = texts[i];
    if (present(image) === present(text))
      throw new Error(`at place ${i} there is ${present(image) ? "both an image and a text" : "neither an image nor a text"}`);
    if (!present(text)) return [medium("picture", image, `images.${i}`, shard)];
    if (typeof text !== "string") throw new Error(`its texts.${i} is no text`);
    return [{ kind: "text", text }];
  });
  return { key, form: "page", joint: "\n\n", pieces };
}

function listed(piece: unknown, i: number, shard: string): SamplePiece {
  const { text, image, video } = (typeof piece === "object" && piece !== null ? piece : {}) as Readonly<Record<"text" | "image" | "video", unknown>>;
  const held = [text, image, video].filter(present).length;
  if (typeof text === "string" && !present(image) && !present(video)) return { kind: "text", text };
  if (present(image) && held === 1) return medium("picture", image, `pieces.${i}`, shard);
  if (present(video) && held === 1) return medium("video", video, `pieces.${i}`, shard);
  throw new Error(`its pieces.${i} is none of { text }, { image } and { video }`);
}

/** A path, an address, a data URL, bytes, or what the datasets library writes: `{ bytes, path }`. */
function medium(kind: SampleMedium["kind"], value: unknown, field: string, shard: string): SampleMedium {
  if (value instanceof Uint8Array) return { kind, name: field, file: value };
  if (typeof value === "string") {
    const data = /^data:[^,]*;base64,/.exec(value)?.[0];
    if (data !== undefined) return { kind, name: field, file: fromBase64(value.slice(data.length)) };
    return { kind, name: value, file: besideShard(shard, value) };
  }
  const { bytes, path } = (value ?? {}) as { readonly bytes?: unknown; readonly path?: unknown };
  if (bytes instanceof Uint8Array) return { kind, name: typeof path === "string" ? path : field, file: bytes };
  if (typeof path === "string") return medium(kind, path, field, shard);
  throw new Error(`its "${field}" is no ${kind}: neither bytes, nor a path or address, nor { bytes, path }`);
}

function present(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

export function fromBase64(text: string): Uint8Array {
  const decode = (Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array }).fromBase64;
  if (decode !== undefined) return decode(text);
  const binary = atob(text);
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
