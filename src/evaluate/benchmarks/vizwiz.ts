import * as z from "zod";
import { measure } from "../metrics/metric.ts";
import { openFlamingoVqaAccuracy, vqaAccuracy } from "../metrics/vqa/vqa-accuracy.ts";
import { type Benchmark, opened, questionPrompt } from "./benchmark.ts";
import { asAnswered } from "./vqa-files.ts";

const file = z.array(
  z.object({
    image: z.string(),
    question: z.string(),
    answers: z
      .array(z.object({ answer: z.string(), answer_confidence: z.string().optional() }))
      .min(1)
      .optional(),
  }),
);

/** VizWiz (Gurari et al., 2018): questions of blind people about photographs that they took. */
export const vizwiz: Benchmark = {
  name: "vizwiz",
  title: "VizWiz",
  splits: ["val", "test"],
  maxTokens: 10,
  async open(files, split) {
    const read = async (of: string) =>
      (await files.json(`Annotations/${of}.json`, file)).map(({ image, question, answers }) => ({
        id: image,
        media: [{ kind: "image", path: files.at(`${of}/${image}`) } as const],
        prompt: questionPrompt(question),
        answer: answers === undefined ? "" : ` ${answers[0]!.answer}`,
        truth: answers && {
          answers: answers.map(({ answer, answer_confidence: confidence }) => ({ answer, ...(confidence === undefined ? {} : { confidence }) })),
        },
      }));
    return opened(await read("train"), await read(split), (judged) => {
      const items = judged.map(asAnswered);
      return { accuracy: measure(vqaAccuracy, items), "as OpenFlamingo": measure(openFlamingoVqaAccuracy, items) };
    });
  },
  submitted: ({ question, answer }) => ({ image: question.id, answer: answer.text }),
};
