import * as z from "zod";
import { measure } from "../metrics/metric.ts";
import { topK } from "../metrics/top-k.ts";
import { type Benchmark, opened, questionPrompt } from "./benchmark.ts";

const file = z.array(
  z.object({
    question_id: z.string(),
    question: z.string(),
    video_id: z.string(),
    start: z.number(),
    end: z.number(),
    answer: z.string(),
    choices: z.array(z.object({ choice: z.string() })).min(2),
  }),
);

/** STAR (Wu et al., 2021): situations in videos, four choices. */
export const star: Benchmark = {
  name: "star",
  title: "STAR",
  splits: ["val"],
  maxTokens: 0,
  async open(files, split) {
    const read = async (of: string) =>
      (await files.json(`STAR_${of}.json`, file)).map(({ question_id: id, question, video_id: video, start: from, end: to, answer, choices }) => ({
        id,
        media: [{ kind: "video", path: files.at(`frames/${video}`), from, to } as const],
        prompt: questionPrompt(question),
        answer: ` ${answer}`,
        choices: choices.map(({ choice }) => ` ${choice}`),
        truth: { right: choices.findIndex(({ choice }) => choice === answer), kind: id.split("_")[0]! },
      }));
    return opened(await read("train"), await read(split), (judged) => {
      const items = judged.map(({ answer, truth }) => ({ scores: answer.scores!, ...truth }));
      const kinds = [...Map.groupBy(items, ({ kind }) => kind)].map(([kind, of]) => [`accuracy, ${kind}`, measure(topK(1), of)] as const);
      return { accuracy: measure(topK(1), items), ...Object.fromEntries(kinds) };
    });
  },
};
