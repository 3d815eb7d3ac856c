/**
 * Answers as they are kept: a file with one JSON object in each line. The first says where they come from, then come tasks, each followed by the answers to its questions.
 * While a run goes on, lines are appended as answers come; when it has ended they stand in the order of the questions, so that the file is the same however often the run was interrupted.
 */
import * as z from "zod";
import { DataError } from "../data/errors.ts";
import { jsonIn } from "../data/text-file.ts";

const format = "flamingo predictions";

/** What has to be the same for answers to belong together: versions, the model, the settings. */
export type Provenance = Readonly<Record<string, unknown>>;

const header = z.object({ format: z.literal(format), version: z.literal(1), provenance: z.record(z.string(), z.unknown()) });

const taskKey = { task: z.string(), shots: z.int(), trial: z.int() };

/** A task, and what makes its prompts the same: a hash of their words, and one of their pictures' content. */
const taskLine = z.strictObject({ ...taskKey, questions: z.int(), prompts: z.string(), pictures: z.string() });
export type TaskLine = z.output<typeof taskLine>;

const answerLine = z.strictObject({
  ...taskKey,
  answerer: z.string(),
  /** Of the question among the task's, counted from 0. */
  place: z.int(),
  id: z.union([z.string(), z.number()]),
  text: z.string(),
  scores: z.array(z.number()).optional(),
  ranked: z.enum(["likelihood", "first token", "words"]).optional(),
  usage: z.strictObject({ prompt: z.int(), answer: z.int() }).optional(),
  refused: z.string().optional(),
});
export type AnswerLine = z.output<typeof answerLine>;

export interface Predictions {
  readonly provenance: Provenance;
  readonly tasks: readonly TaskLine[];
  readonly answers: readonly AnswerLine[];
}

export function headerLine(provenance: Provenance): string {
  return `${JSON.stringify({ format, version: 1, provenance })}\n`;
}

/** Whether a text begins as such a file does. */
export function arePredictions(text: string): boolean {
  return text.startsWith(`{"format":"${format}"`);
}

/** @param name - what errors call the file @throws DataError when a line is of another form */
export function readPredictions(text: string, name: string): Predictions {
  const lines = text.split("\n");
  const read = <Schema extends z.ZodType>(schema: Schema, at: number): z.output<Schema> => {
    const found = schema.safeParse(jsonIn(lines[at]!, `${name}, line ${at + 1}`));
    if (found.success) return found.data;
    const { path, message } = found.error.issues[0]!;
    throw new DataError(`${name}, line ${at + 1}, is no line of a predictions file: ${path.length === 0 ? "" : `"${path.join(".")}": `}${message}`);
  };
  const { provenance } = read(header, 0);
  const [tasks, answers]: [TaskLine[], AnswerLine[]] = [[], []];
  for (let at = 1; at < lines.length; at++) {
    if (lines[at] === "") continue;
    if (lines[at]!.includes('"answerer":')) answers.push(read(answerLine, at));
    else tasks.push(read(taskLine, at));
  }
  return { provenance, tasks, answers };
}

/** The whole file in its final order: answers of a task by answerer as they were first asked, then by place. Of two answers to one question the later counts. */
export function predictionsText({ provenance, tasks, answers }: Predictions): string {
  const groups = Map.groupBy(answers, keyOf);
  const lines = tasks.flatMap((task) => {
    const own = [...groups].filter(([, of]) => keyOf(of[0]!) === keyOf({ ...task, answerer: of[0]!.answerer }));
    const inOrder = own.flatMap(([, of]) => [...new Map(of.map((each) => [each.place, each])).values()].toSorted((a, b) => a.place - b.place));
    return [task, ...inOrder];
  });
  return headerLine(provenance) + lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** Tells answerers of tasks apart. */
export function keyOf({ task, shots, trial, answerer }: Pick<AnswerLine, "task" | "shots" | "trial" | "answerer">): string {
  return JSON.stringify([task, shots, trial, answerer]);
}

/** Where answers are kept while a run goes on. */
export interface PredictionLog {
  /** @throws DataError when the task was begun before with other prompts */
  begin(task: TaskLine): Promise<void>;
  /** Answers of an earlier run, by the places of their questions. */
  known(of: Pick<AnswerLine, "task" | "shots" | "trial" | "answerer">): ReadonlyMap<number, AnswerLine>;
  /** Returns when they are on the disk. */
  append(answers: readonly AnswerLine[]): Promise<void>;
  /** Brings the file into its final order. */
  finish(): Promise<void>;
  close(): Promise<void>;
}
