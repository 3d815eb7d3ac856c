import * as z from "zod";
import { exactMatch } from "../metrics/exact-match.ts";
import { measure } from "../metrics/metric.ts";
import { type Benchmark, opened, questionPrompt } from "./benchmark.ts";

const file = z.array(z.object({ id: z.number(), video_id: z.number(), question: z.string(), answer: z.string() }));

/** Questions about short videos, each with one word as its answer (Xu et al., 2017). @param video - what stands before a video's number in the name of its frames' folder */
function videoQa(name: string, title: string, video: string): Benchmark {
  return {
    name,
    title,
    splits: ["test", "val"],
    maxTokens: 5,
    async open(files, split) {
      const read = async (of: string) =>
        (await files.json(`${of}_qa.json`, file)).map(({ id, video_id: number, question, answer }) => ({
          id,
          media: [{ kind: "video", path: files.at(`frames/${video}${number}`) } as const],
          prompt: questionPrompt(question),
          answer: ` ${answer}`,
          truth: answer,
        }));
      return opened(await read("train"), await read(split), (judged) => ({
        accuracy: measure(
          exactMatch,
          judged.map(({ answer, truth }) => ({ prediction: answer.text, answer: truth })),
        ),
      }));
    },
  };
}

export const msvdQa = videoQa("msvdqa", "MSVD-QA", "vid");
export const msrvttQa = videoQa("msrvttqa", "MSRVTT-QA", "video");
