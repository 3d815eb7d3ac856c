import * as z from "zod";
import { measure } from "../metrics/metric.ts";
import { webQaAccuracy } from "../metrics/webqa/webqa-accuracy.ts";
import { type Benchmark, opened, questionPrompt } from "./benchmark.ts";

const file = z.record(
  z.string(),
  z.object({
    split: z.string(),
    Q: z.string(),
    A: z.array(z.string()).min(1),
    Qcate: z.string(),
    Keywords_A: z.string().optional(),
    img_posFacts: z.array(z.object({ image_id: z.union([z.number(), z.string()]), caption: z.string() })).optional(),
    txt_posFacts: z.array(z.object({ fact: z.string() })).optional(),
  }),
);

/** WebQA (Chang et al., 2022), asked with the pictures and texts that hold the answer. The keywords of validation are with its server; the whole answer stands for them where they are missing. */
export const webqa: Benchmark = {
  name: "webqa",
  title: "WebQA",
  splits: ["val"],
  maxTokens: 30,
  async open(files, split) {
    const questions = Object.entries(await files.json("WebQA_train_val.json", file));
    const of = (wanted: string) =>
      questions.flatMap(([id, { split: own, Q, A, Qcate: category, Keywords_A: keywords, img_posFacts: pictures = [], txt_posFacts: texts = [] }]) => {
        if (own !== wanted) return [];
        const known = [...pictures.map(({ caption }) => caption), ...texts.map(({ fact }) => fact)];
        return [
          {
            id,
            media: pictures.map(({ image_id: image }) => ({ kind: "image", path: files.at(`images/${image}.jpg`) }) as const),
            prompt: [...known, questionPrompt(unquoted(Q))].join(" "),
            answer: ` ${unquoted(A[0]!)}`,
            truth: { keywords: unquoted(keywords ?? A[0]!), category },
          },
        ];
      });
    return opened(of("train"), of(split), (judged) => ({
      accuracy: measure(
        webQaAccuracy(),
        judged.map(({ answer, truth }) => ({ prediction: answer.text, ...truth })),
      ),
    }));
  },
  submitted: ({ question, answer }) => ({ guid: question.id, answer: answer.text }),
};

/** Its texts stand between quotation marks. */
function unquoted(text: string): string {
  return text.replace(/^"(.*)"$/s, "$1");
}
