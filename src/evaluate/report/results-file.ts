/** Reads what `flamingo evaluate --out` has written. */
import * as z from "zod";
import { DataError } from "../../data/errors.ts";
import { jsonIn } from "../../data/text-file.ts";
import { arePredictions } from "../predictions.ts";
import type { EvaluationResults } from "../results.ts";

/** How a suite was opened, so that its pictures can be found again; of a benchmark pictures are named by where they lie. */
export interface OpenedFrom {
  readonly suite?: string | undefined;
  /** Of its pictures, where they were not the suite's own. */
  readonly pictures?: string | undefined;
  readonly limit?: number | undefined;
  readonly seed?: number | undefined;
  readonly shots?: readonly number[] | undefined;
  /** Shown of a video. */
  readonly frames?: number | undefined;
}

/** Results with what names them. */
export interface EvaluationReport extends EvaluationResults {
  /** Who was asked. */
  readonly model: string;
  readonly opened: OpenedFrom;
  /** That the run took. */
  readonly seconds?: number | undefined;
}

const taskKey = { task: z.string(), shots: z.int(), trial: z.int() };
const figure = z.object({ value: z.number(), low: z.number(), high: z.number(), count: z.int() });
const identifier = z.union([z.string(), z.number()]);
const example = z.object({
  media: z.array(z.object({ kind: z.enum(["image", "video"]), path: z.string(), from: z.number().optional(), to: z.number().optional() })),
  text: z.string(),
});
/** JSON has no NaN, which a draw without a figure is. */
const draw = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

const report = z.object({
  format: z.literal(2, "it was written by another version of this package; run the evaluation again, which with its --predictions asks nobody anew"),
  model: z.string(),
  opened: z.object({
    suite: z.string().optional(),
    pictures: z.string().optional(),
    limit: z.number().optional(),
    seed: z.number().optional(),
    shots: z.array(z.number()).optional(),
    frames: z.number().optional(),
  }),
  seconds: z.number().optional(),
  provenance: z.record(z.string(), z.unknown()),
  tasks: z.array(z.strictObject({ ...taskKey, questions: z.int(), prompts: z.string(), pictures: z.string() })),
  results: z.array(
    z.looseObject({
      ...taskKey,
      answerer: z.string(),
      questions: z.int(),
      chance: z.number().optional(),
      textExamples: z.int().optional(),
      measures: z.record(z.string(), figure).optional(),
      beyond: figure.optional(),
    }),
  ),
  findings: z.array(z.string()),
  scores: z.array(
    z.object({
      ...taskKey,
      figure: z.string(),
      ids: z.array(identifier),
      scores: z.array(z.number()).optional(),
      drawn: z.object({ value: z.number(), draws: z.array(draw) }).optional(),
    }),
  ),
  samples: z.array(
    z.object({
      ...taskKey,
      id: identifier,
      examples: z.array(example),
      asked: example,
      choices: z.array(z.string()).optional(),
      expected: z.string(),
      answers: z.record(z.string(), z.string()),
      scores: z.record(z.string(), z.number()),
    }),
  ),
});

/** @param name - what errors call the file @throws DataError when it holds no results */
export function readResults(text: string, name: string): EvaluationReport {
  if (arePredictions(text))
    throw new DataError(
      `${name} holds predictions, which know no questions: run the command that made them again with --out results.json, which asks nobody anew`,
    );
  if (text.trimStart().startsWith("<")) throw new DataError(`${name} is a page; name the results that it was made of (flamingo evaluate --out results.json)`);
  const found = report.safeParse(jsonIn(text, name));
  if (found.success) return found.data as EvaluationReport;
  const { path, message } = found.error.issues[0]!;
  throw new DataError(
    path[0] === "format" && message.startsWith("it was") && JSON.parse(text)?.format !== undefined
      ? `${name} cannot be read: ${message}`
      : `${name} holds no results of flamingo evaluate --out: ${path.length === 0 ? "" : `"${path.join(".")}": `}${message}`,
  );
}
