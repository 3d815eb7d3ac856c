/** A folder of pictures, each beside a text file of its name: `cat.jpg` and `cat.txt`. */
import { platform } from "#data-platform";
import { DataError } from "../errors.ts";
import { textOf } from "../text-file.ts";
import type { BadSample, OpenShard, Sample } from "./sample.ts";

const pictureName = /^(.+)\.(?:jpe?g|png|webp|gif|avif|bmp|tiff?)$/i;

export const openPictureFolder: OpenShard = async (folder) => {
  const names = await platform.listFolder(folder);
  if (names === undefined) throw new DataError(`there is no folder ${folder}; name one with pictures, each beside its text: cat.jpg and cat.txt`);
  const present = new Set(names);
  const pictures = names.filter((name) => pictureName.test(name)).sort();
  if (pictures.length === 0) throw new DataError(`the folder ${folder} holds no pictures`);
  const base = folder.replace(/\/$/, "");
  const sampleOf = async (name: string): Promise<Sample | BadSample> => {
    const caption = name.replace(pictureName, "$1.txt");
    if (!present.has(caption)) return { key: name, bad: `there is no ${caption} beside it` };
    try {
      const text = textOf(await platform.readFile(`${base}/${caption}`), caption);
      const picture = { kind: "picture", name, file: `${base}/${name}` } as const;
      return { key: name, form: "pair", joint: "\n\n", pieces: [picture, { kind: "text", text }] };
    } catch (error) {
      return { key: name, bad: (error as Error).message };
    }
  };
  return {
    async *samples(from, wanted) {
      for (let number = from; number < pictures.length; number++) if (wanted(number)) yield { number, sample: await sampleOf(pictures[number]!) };
    },
    async close() {},
  };
};
