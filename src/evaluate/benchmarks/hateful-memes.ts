import * as z from "zod";
import { sharesOf } from "../../generate/score.ts";
import { measure } from "../metrics/metric.ts";
import { rocAuc } from "../metrics/roc-auc.ts";
import { type Benchmark, opened } from "./benchmark.ts";

const line = z.object({ id: z.union([z.number(), z.string()]), img: z.string(), label: z.union([z.literal(0), z.literal(1)]).optional(), text: z.string() });
const choices = [" yes", " no"];

/** Hateful Memes (Kiela et al., 2020), with the words of the picture in the prompt. */
export const hatefulMemes: Benchmark = {
  name: "hatefulmemes",
  title: "HatefulMemes",
  splits: ["test_seen", "dev_seen", "dev_unseen", "test_unseen"],
  maxTokens: 0,
  async open(files, split) {
    const read = async (of: string) =>
      (await files.lines(`${of}.jsonl`, line)).map(({ id, img, label, text }) => ({
        id,
        media: [{ kind: "image", path: files.at(img) } as const],
        prompt: `is an image with written: "${text}" on it. Is it hateful? Answer:`,
        answer: label === undefined ? "" : choices[1 - label]!,
        choices,
        truth: label === undefined ? undefined : label === 1,
      }));
    return opened(await read("train"), await read(split), (judged) => ({
      "ROC-AUC": measure(
        rocAuc,
        judged.map(({ answer, truth }) => ({ positive: truth, score: sharesOf(answer.scores!.map((logProbability) => ({ logProbability })))[0]! })),
      ),
    }));
  },
};
