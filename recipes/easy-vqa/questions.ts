/** What is trained on: easy-VQA's training split. Answers are learnt, questions are given. */
import { join } from "node:path";
import { type DocumentPiece, fitted, loadPicture, type Random } from "flamingo-vlm/data";
import { parseConfig } from "flamingo-vlm/model";
import type { OpenSource, StoredPicture } from "flamingo-vlm/train";
import * as z from "zod";
import { nanoPixels } from "../nano/model.ts";
import { makeEasyVqa, readQuestions } from "./make.ts";

const optionsConfig = z.strictObject({
  folder: z.string().default("data/easy-vqa"),
  /** Questions of a document, each with its picture: as many as at most, so that the model goes on reading examples. */
  most: z.number().int().min(1).max(8).default(3),
  /** Pictures that are asked about, counted from 0: from the first one on, and before the second one. Default: all. */
  pictures: z.tuple([z.number().int().nonnegative(), z.number().int().positive()]).optional(),
});

const open: OpenSource = async (options, show) => {
  const { folder, most, pictures = [0, Infinity] } = parseConfig(optionsConfig, options ?? {}, "options of easy-VQA's questions");
  await makeEasyVqa(folder, show);
  const all = await readQuestions(folder, "train");
  const ids = [...new Set(all.map(({ image }) => image))].slice(...pictures);
  const shown = new Set(ids);
  const questions = all.filter(({ image }) => shown.has(image));
  return {
    pictures: {
      ids,
      versions: 1,
      key: "easy-VQA 1.0",
      // As they are shown when the model is asked.
      render: async (id, _, size) =>
        fitted(await loadPicture(join(folder, id)), { ...nanoPixels, size: [size, size], interpolation: "bicubic", background: [255, 255, 255] }),
    },
    document: (random: Random) =>
      Array.from({ length: random.integer(1, most) }, () => random.pick(questions)).flatMap(({ image, question, answer }): DocumentPiece<StoredPicture>[] => [
        { kind: "media", medium: { stored: image, version: 0 } },
        { kind: "text", text: `Question: ${question} Answer:`, learn: false },
        { kind: "text", text: ` ${answer}`, learn: true },
        { kind: "endOfChunk", learn: true },
      ]),
  };
};
export default open;
