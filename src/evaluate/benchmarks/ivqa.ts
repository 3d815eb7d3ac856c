import * as z from "zod";
import { ivqaAccuracy } from "../metrics/exact-match.ts";
import { measure } from "../metrics/metric.ts";
import { type Benchmark, opened, questionPrompt } from "./benchmark.ts";

const answer = z.string();
const row = z.object({
  video_id: z.string(),
  start: z.coerce.number(),
  end: z.coerce.number(),
  question: z.string(),
  answer1: answer,
  answer2: answer,
  answer3: answer,
  answer4: answer,
  answer5: answer,
});

/** iVQA (Yang et al., 2021): questions about clips of instruction videos, each answered by five people. */
export const ivqa: Benchmark = {
  name: "ivqa",
  title: "iVQA",
  splits: ["test", "val"],
  maxTokens: 10,
  async open(files, split) {
    const read = async (of: string) =>
      (await files.csv(`${of}.csv`, row)).map(({ video_id: video, start: from, end: to, question, ...five }, i) => {
        const truth = [five.answer1, five.answer2, five.answer3, five.answer4, five.answer5];
        return {
          id: `${of}/${i}`,
          media: [{ kind: "video", path: files.at(`frames/${video}`), from, to } as const],
          prompt: questionPrompt(question),
          answer: ` ${truth[0]!}`,
          truth,
        };
      });
    return opened(await read("train"), await read(split), (judged) => ({
      accuracy: measure(
        ivqaAccuracy,
        judged.map(({ answer: said, truth }) => ({ prediction: said.text, answers: truth })),
      ),
    }));
  },
};
