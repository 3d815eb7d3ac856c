/** A folder of pictures and videos, each beside a text file of its name: `cat.jpg` and `cat.txt`. */
import { platform } from "#data-platform";
import { DataError } from "../errors.ts";
import { textOf } from "../text-file.ts";
import type { BadSample, OpenShard, Sample } from "./sample.ts";

const mediumName = /^(.+)\.(?:jpe?g|png|webp|gif|avif|bmp|tiff?|mp4|m4v|mov|webm|mkv)$/i;
const videoName = /\.(?:mp4|m4v|mov|webm|mkv)$/i;

export const openPictureFolder: OpenShard = async (folder) => {
  const names = await platform.listFolder(folder);
  if (names === undefined) throw new DataError(`there is no folder ${folder}; name one with pictures, each beside its text: cat.jpg and cat.txt`);
  const present = new Set(names);
  const media = names.filter((name) => mediumName.test(name)).sort();
  if (media.length === 0) throw new DataError(`the folder ${folder} holds no pictures and no videos`);
  const base = folder.replace(/\/$/, "");
  const sampleOf = async (name: string): Promise<Sample | BadSample> => {
    const caption = name.replace(mediumName, "$1.txt");
    if (!present.has(caption)) return { key: name, bad: `there is no ${caption} beside it` };
    try {
      const text = textOf(await platform.readFile(`${base}/${caption}`), caption);
      const medium = { kind: videoName.test(name) ? "video" : "picture", name, file: `${base}/${name}` } as const;
      return { key: name, form: "pair", joint: "\n\n", pieces: [medium, { kind: "text", text }] };
    } catch (error) {
      return { key: name, bad: (error as Error).message };
    }
  };
  return {
    async *samples(from, wanted) {
      for (let number = from; number < media.length; number++) if (wanted(number)) yield { number, sample: await sampleOf(media[number]!) };
    },
    async close() {},
  };
};
