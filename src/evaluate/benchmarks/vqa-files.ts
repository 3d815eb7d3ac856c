import * as z from "zod";
import type { AnsweredQuestion, HumanAnswer } from "../metrics/vqa/vqa-accuracy.ts";
import { type Judged, questionPrompt, type TrueQuestion } from "./benchmark.ts";
import type { BenchmarkFiles } from "./benchmark-files.ts";

const questionsFile = z.object({ questions: z.array(z.object({ image_id: z.number(), question: z.string(), question_id: z.number() })) });
const annotationsFile = z.object({
  annotations: z.array(
    z.object({
      question_id: z.number(),
      answer_type: z.string().optional(),
      answers: z.array(z.object({ answer: z.string(), raw_answer: z.string().optional() })).min(1),
    }),
  ),
});

/** What people answered to a question. */
export interface VqaTruth {
  readonly answers: readonly (HumanAnswer & { readonly raw?: string | undefined })[];
  readonly kind: string;
}

/** A split in the form of VQAv2, which OK-VQA shares: a file of questions, and one of answers unless a server keeps them. @param images - the pictures' split, such as `val2014` */
export async function readVqa(files: BenchmarkFiles, images: string, questions: string, annotations: string | undefined): Promise<TrueQuestion<VqaTruth>[]> {
  const asked = await files.json(questions, questionsFile);
  const answered = annotations === undefined ? { annotations: [] } : await files.json(annotations, annotationsFile);
  const byId = new Map(answered.annotations.map((each) => [each.question_id, each]));
  return asked.questions.map(({ image_id: image, question, question_id: id }) => {
    const found = byId.get(id);
    const answers = found?.answers.map(({ answer, raw_answer: raw }, person) => ({ answer, raw, person }));
    return {
      id,
      media: [{ kind: "image", path: files.at(`${images}/COCO_${images}_${String(image).padStart(12, "0")}.jpg`) }],
      prompt: questionPrompt(question),
      answer: answers === undefined ? "" : ` ${answers[0]!.raw ?? answers[0]!.answer}`,
      truth: answers === undefined ? undefined : { answers, kind: found?.answer_type ?? "other" },
    };
  });
}

/** What metrics of questions take. */
export function asAnswered({ answer, truth }: Judged<Pick<VqaTruth, "answers">>): AnsweredQuestion {
  return { prediction: answer.text, answers: truth.answers };
}
