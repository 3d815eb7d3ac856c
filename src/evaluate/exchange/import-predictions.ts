/** Answers that others wrote, in the forms that they have. */
import * as z from "zod";
import { DataError } from "../../data/errors.ts";
import { jsonIn } from "../../data/text-file.ts";
import { modelName } from "../answerers.ts";
import { arePredictions, readPredictions } from "../predictions.ts";
import type { Answer } from "../question.ts";
import { answerOf } from "../run-log.ts";

/** An answer, and what it is to: a question's id, or its place. What its file says is right, where it says so. */
export interface ImportedAnswer {
  readonly id?: string | number;
  readonly place?: number;
  readonly answer: Answer;
  readonly expected?: string;
}

/** Answers of one run. */
export interface ImportedAnswers {
  readonly form: "flamingo" | "captions" | "answers" | "lmms-eval" | "VL-ICL";
  /** Undefined where the file does not say. */
  readonly task?: string;
  readonly shots?: number;
  readonly trial: number;
  readonly answerer: string;
  readonly answers: readonly ImportedAnswer[];
}

const identifier = z.union([z.string(), z.number()]);
const text = z.union([z.string(), z.number().transform(String)]);
const caption = z.object({ image_id: identifier, caption: text });
const answer = z.object({ question_id: identifier, answer: text });
/** VizWiz names questions by their pictures. */
const pictureAnswer = z.object({ image: z.string(), answer: text });
const vlIcl = z.object({ prediction: z.string(), answer: text, id: identifier.optional() });

const arrayForms = [
  { form: "VL-ICL", schema: z.array(vlIcl.transform(({ prediction, answer: expected }, _) => ({ text: prediction, expected }))) },
  { form: "captions", schema: z.array(caption.transform(({ image_id: id, caption: said }) => ({ id, text: said }))) },
  { form: "answers", schema: z.array(answer.transform(({ question_id: id, answer: said }) => ({ id, text: said }))) },
  { form: "answers", schema: z.array(pictureAnswer.transform(({ image: id, answer: said }) => ({ id, text: said }))) },
] as const;

const lmmsSample = z.looseObject({ doc_id: z.int(), filtered_resps: z.array(z.unknown()), target: z.unknown() });
const named = z.union([z.object({ question_id: identifier }), z.object({ image_id: identifier })]);

/**
 * Reads predictions of ours, of lmms-eval, result files of COCO's and VQA's form, and VL-ICL's.
 * @param name - the file, for errors; VL-ICL's and lmms-eval's say in it how many shots there were, or of what
 * @throws DataError when it is none of them
 */
export function importPredictions(content: string, name: string): ImportedAnswers[] {
  if (arePredictions(content)) return ownAnswers(content, name);
  const run = { trial: 0, answerer: modelName };
  if (content.trimStart().startsWith("[")) {
    const array = jsonIn(content, name);
    for (const { form, schema } of arrayForms) {
      const found = schema.safeParse(array).data as readonly { readonly id?: string | number; readonly text: string; readonly expected?: string }[] | undefined;
      if (found === undefined) continue;
      const answers = found.map(({ text: said, ...about }, place): ImportedAnswer => ({ ...about, place, answer: { text: said.trim() } }));
      return [{ ...run, ...(form === "VL-ICL" ? vlIclRun(name) : {}), form, answers }];
    }
  } else if (content.includes('"filtered_resps"')) return [{ ...run, form: "lmms-eval", answers: lmmsAnswers(content, name) }];
  throw new DataError(
    `${name} holds no predictions that can be read; readable are files of --predictions, lmms-eval's *_samples_*.jsonl, lists of {image_id, caption} or {question_id, answer}, and VL-ICL's results`,
  );
}

function ownAnswers(content: string, name: string): ImportedAnswers[] {
  const { answers } = readPredictions(content, name);
  return [...Map.groupBy(answers, ({ task, shots, trial, answerer }) => JSON.stringify([task, shots, trial, answerer])).values()].map((of) => {
    const { task, shots, trial, answerer } = of[0]!;
    return { form: "flamingo", task, shots, trial, answerer, answers: of.map((line) => ({ id: line.id, place: line.place, answer: answerOf(line) })) };
  });
}

/** `results/DATASET/ENGINE_N-shot.json`. */
function vlIclRun(path: string): Pick<ImportedAnswers, "task" | "shots"> {
  const found = /(?:([^/\\]+)[/\\])?[^/\\]*_(\d+)-shot\.json$/.exec(path);
  return { ...(found?.[1] === undefined ? {} : { task: found[1] }), ...(found === null ? {} : { shots: Number(found[2]) }) };
}

function lmmsAnswers(content: string, name: string): ImportedAnswer[] {
  return content.split("\n").flatMap((line, at) => {
    if (line.trim() === "") return [];
    const found = lmmsSample.safeParse(jsonIn(line, `${name}, line ${at + 1}`));
    if (!found.success)
      throw new DataError(`${name}, line ${at + 1}, is no sample of lmms-eval: "${found.error.issues[0]!.path.join(".")}": ${found.error.issues[0]!.message}`);
    const { doc_id: place, filtered_resps: said, target, ...rest } = found.data;
    // What a task computed of a sample names it as its files do.
    const about = Object.values(rest).flatMap((each) => named.safeParse(each).data ?? [])[0];
    const id = about === undefined ? undefined : "question_id" in about ? about.question_id : about.image_id;
    const expected = typeof target === "string" && target !== "None" ? { expected: target } : {};
    return [{ place, ...(id === undefined ? {} : { id }), answer: { text: firstText(said).trim() }, ...expected }];
  });
}

/** Responses lie in lists of lists, by filters and repetitions. */
function firstText(said: unknown): string {
  if (Array.isArray(said)) return said.length === 0 ? "" : firstText(said[0]);
  return typeof said === "string" ? said : "";
}
