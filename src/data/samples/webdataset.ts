/** Tars of WebDataset: files that follow each other and have one name but for what comes after its first dot are a sample. */
import { platform } from "#data-platform";
import { jsonOf, textOf } from "../text-file.ts";
import { BlockReader } from "./block-reader.ts";
import { type Fields, type RecordOptions, recordSample } from "./record-sample.ts";
import type { BadSample, OpenShard, Sample } from "./sample.ts";
import { tarFiles } from "./tar.ts";

/** Files of a sample by their endings. */
type Members = ReadonlyMap<string, Uint8Array>;

const pictureEndings = ["jpg", "jpeg", "png", "webp", "gif", "avif", "bmp"];
const videoEndings = ["mp4", "m4v", "mov", "webm", "mkv"];

export function openWebdataset(options: RecordOptions): OpenShard {
  return async (path) => {
    const source = await platform.openFile(path);
    return {
      async *samples(from, wanted) {
        for await (const { number, key, members } of groups(new BlockReader(source), path, (each) => each >= from && wanted(each)))
          yield { number, sample: sampleOf(key, members, path, options) };
      },
      close: () => source.close(),
    };
  };
}

interface Group {
  readonly number: number;
  readonly key: string;
  readonly members: Members;
}

async function* groups(reader: BlockReader, path: string, wanted: (number: number) => boolean): AsyncGenerator<Group> {
  let number = -1;
  let key: string | undefined;
  let members = new Map<string, Uint8Array>();
  for await (const { name, start, end } of tarFiles(reader, path)) {
    const [, base, ending] = /^((?:.*\/)?[^./]+)\.([^/]*)$/.exec(name.replace(/^\.\//, "")) ?? [];
    // Names in double underscores describe the shard itself.
    if (base === undefined || /(^|\/)__[^/]*__$/.test(base)) continue;
    if (base !== key) {
      if (key !== undefined && wanted(number)) yield { number, key, members };
      number++;
      key = base;
      members = new Map();
    }
    if (wanted(number)) members.set(ending!.toLowerCase(), await reader.read(start, end));
  }
  if (key !== undefined && wanted(number)) yield { number, key, members };
}

/** Pieces of a document that name a file beside it by its ending have it in them. */
function withMembers(fields: Fields, key: string, members: Members): Fields {
  const { pieces } = fields;
  if (!Array.isArray(pieces)) return fields;
  const filled = (pieces as readonly (Fields | null)[]).map((piece) => {
    const held = Object.entries(piece ?? {}).map(([name, value]) => {
      const bytes = typeof value === "string" && name !== "text" ? members.get(value) : undefined;
      return [name, bytes === undefined ? value : { bytes, path: `${key}.${value}` }] as const;
    });
    return Object.fromEntries(held);
  });
  return { ...fields, pieces: filled };
}

/** img2dataset's and video2dataset's layout, a picture or a video with `txt` or a caption in `json`; a document in `json`; or a `txt` alone. */
function sampleOf(key: string, members: Members, shard: string, options: RecordOptions): Sample | BadSample {
  try {
    const picture = options.image ?? (options.video === undefined ? pictureEndings.find((ending) => members.has(ending)) : undefined);
    const video = options.video ?? (picture === undefined ? videoEndings.find((ending) => members.has(ending)) : undefined);
    const json = members.get("json");
    const fields = json === undefined ? {} : (jsonOf(json, `${key}.json`) as Fields);
    const text = members.get(options.text ?? "txt");
    if (picture === undefined && video === undefined && text === undefined && json !== undefined)
      return recordSample(withMembers(fields, key, members), { shard, key }, options);
    const caption = text === undefined ? (options.text === undefined ? fields["caption"] : fields[options.text]) : textOf(text, `${key}.txt`);
    const lacking = [picture, video].find((ending) => ending !== undefined && !members.has(ending));
    if (lacking !== undefined) return { key, bad: `it has no file .${lacking}` };
    const named = (name: string, ending: string | undefined): Fields =>
      ending === undefined ? {} : { [name]: { bytes: members.get(ending), path: `${key}.${ending}` } };
    const media = { ...named("image", picture), ...named("video", video) };
    return recordSample({ ...media, ...(caption === undefined ? {} : { text: caption }) }, { shard, key }, { mmc4: options.mmc4 });
  } catch (error) {
    return { key, bad: (error as Error).message };
  }
}
