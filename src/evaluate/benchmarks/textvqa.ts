import * as z from "zod";
import { measure } from "../metrics/metric.ts";
import { openFlamingoVqaAccuracy, textVqaAccuracy } from "../metrics/vqa/vqa-accuracy.ts";
import { type Benchmark, opened, questionPrompt } from "./benchmark.ts";
import { asAnswered } from "./vqa-files.ts";

const file = z.object({
  data: z.array(z.object({ question_id: z.number(), question: z.string(), image_id: z.string(), answers: z.array(z.string()).optional() })),
});

/** TextVQA 0.5.1 (Singh et al., 2019), without the words that a reader of letters found in the pictures. */
export const textvqa: Benchmark = {
  name: "textvqa",
  title: "TextVQA",
  splits: ["val", "test"],
  maxTokens: 10,
  async open(files, split) {
    const read = async (of: string) => {
      const { data } = await files.json(`TextVQA_0.5.1_${of}.json`, file);
      return data.map(({ question_id: id, question, image_id: image, answers }) => ({
        id,
        media: [{ kind: "image", path: files.at(`${of === "test" ? "test_images" : "train_images"}/${image}.jpg`) } as const],
        prompt: questionPrompt(question),
        answer: answers === undefined ? "" : ` ${answers[0]!}`,
        truth: answers && { answers: answers.map((answer, person) => ({ answer, person })) },
      }));
    };
    return opened(await read("train"), await read(split), (judged) => {
      const items = judged.map(asAnswered);
      return { accuracy: measure(textVqaAccuracy, items), "as OpenFlamingo": measure(openFlamingoVqaAccuracy, items) };
    });
  },
};
