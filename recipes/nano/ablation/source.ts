/** Stand-ins for the paper's data sets, made of easy-VQA's pictures. */
import { join } from "node:path";
import { type DocumentPiece, fitted, type InterleavedDocument, type Random } from "flamingo-vlm/data";
import { parseConfig } from "flamingo-vlm/model";
import type { OpenSource, SourceMedium } from "flamingo-vlm/train";
import * as z from "zod";
import { nonceWords } from "../episodes/nonce.ts";
import { nanoPixels } from "../model.ts";
import { moved } from "./moved.ts";
import { captionOf, directions, filmCaptionOf, films, folder, kindOf, places, type ShapePicture, shapePictures, whereQuestion } from "./shapes.ts";

const options = z.strictObject({
  /** `pages`: several pictures on each, with questions, captions, or names that hold on that page alone. `captions` and `names`: a picture with a long or a short text. `noisy`: as `captions`, of which a third are another picture's. `films`: a shape that moves. */
  show: z.enum(["pages", "captions", "names", "noisy", "films"]),
});

type Document = InterleavedDocument<SourceMedium>;

const still = ({ image }: ShapePicture): SourceMedium => ({ stored: image, version: 0 });

function said(medium: SourceMedium, answer: string, { prompt = "", learn = true } = {}): DocumentPiece<SourceMedium>[] {
  return [
    { kind: "media", medium },
    ...(prompt === "" ? [] : [{ kind: "text" as const, text: prompt, learn: false }]),
    { kind: "text", text: ` ${answer}`, learn },
    { kind: "endOfChunk", learn: true },
  ];
}

const open: OpenSource = async (given, show) => {
  const { show: what } = parseConfig(options, given, "easy-VQA's pictures");
  const pictures = await shapePictures("train", 800, show);
  const kinds = [...Map.groupBy(pictures, kindOf).values()];

  /** Two kinds with new names, each shown twice or three times: only what was seen before can be known. */
  const names = (random: Random): Document => {
    const words = nonceWords(random, 2);
    const named = random.sample(kinds, 2).map((of, i) => ({ of, name: words[i]! }));
    const seen = new Set<string>();
    return random.shuffle([...named, ...named, random.pick(named)]).flatMap(({ of, name }) => {
      const learn = seen.has(name);
      seen.add(name);
      return said(still(random.pick(of)), `a ${name}`, { learn });
    });
  };
  const questions = (random: Random): Document =>
    random.sample(pictures, 3).flatMap((picture) => {
      const { question, answer } = random.pick(picture.questions);
      return said(still(picture), answer, { prompt: `Question: ${question} Answer:` });
    });
  const captions = (random: Random): Document => random.sample(pictures, 3).flatMap((picture) => said(still(picture), captionOf(picture)));

  const film = (random: Random): Document => {
    const picture = random.pick(pictures);
    const direction = random.pick(directions);
    const medium = { frames: films[direction].map((version) => ({ stored: picture.image, version })) };
    return random.chance(0.5) ? said(medium, filmCaptionOf(picture, direction)) : said(medium, direction, { prompt: whereQuestion });
  };
  const captionsOf = (picture: ShapePicture, told = picture): Document => said(still(picture), captionOf(told));
  const drawn = {
    pages: (random: Random): Document =>
      random.weighted([
        [names, 0.5],
        [questions, 0.3],
        [captions, 0.2],
      ] as const)(random),
    captions: (random: Random): Document => captionsOf(random.pick(pictures)),
    names: (random: Random): Document => {
      const picture = random.pick(pictures);
      return said(still(picture), random.pick([`a ${kindOf(picture)}`, `a ${picture.form}`, `something ${picture.colour}`]));
    },
    noisy: (random: Random): Document => captionsOf(random.pick(pictures), random.chance(1 / 3) ? random.pick(pictures) : undefined),
    films: film,
  };

  return {
    pictures: {
      ids: pictures.map(({ image }) => image),
      versions: places.length,
      key: "easy-VQA 1.0, in five places",
      // As they are shown when the model is asked.
      render: async (id, version, size) =>
        fitted(await moved(id, version), { ...nanoPixels, size: [size, size], interpolation: "bicubic", background: [255, 255, 255] }),
    },
    document: drawn[what],
    captioned: (count, random) =>
      random.sample(kinds, count).map((of) => {
        const picture = random.pick(of);
        return { picture: join(folder, picture.image), text: captionOf(picture) };
      }),
    *vocabularyTexts() {
      for (const picture of pictures) yield ` ${captionOf(picture)}`;
    },
  };
};
export default open;
