/** Questions that each bring their own examples, in files: `docs/evaluating.md` has their form. */
import * as z from "zod";
import { DataError } from "../../data/errors.ts";
import { BenchmarkFiles } from "../benchmarks/benchmark-files.ts";
import type { EvaluationCase, ShownExample } from "../question.ts";
import type { Suite, SuiteOptions, SuiteTask } from "../suite.ts";
import { type JudgeName, judgedBy, judges } from "./judges.ts";
import { openPictures } from "./pictures.ts";

const oneOrMore = <Item extends z.ZodType>(item: Item) => z.union([item.transform((each) => [each]), z.array(item).min(1)]);

const answer = z.union([z.string(), z.number()]).transform(String);
const example = z.strictObject({ image: oneOrMore(z.string()), question: z.string().default(""), answer });
/** A line. Of several answers each is right, and the first is the one that is learnt from. */
const episode = example.extend({
  id: z.union([z.string(), z.number()]).optional(),
  examples: z.array(example).default([]),
  answer: oneOrMore(answer),
  choices: z.array(answer).min(2).optional(),
});
type Example = z.output<typeof example>;
type Episode = z.output<typeof episode>;

const task = z.strictObject({
  name: z.string(),
  /** What results call the number of examples. Default: the number of examples, of which all questions of a file then have as many. */
  shots: z.number().int().nonnegative().optional(),
  /** A JSONL file with a question in each line. */
  file: z.string(),
  /** How a question is asked, and how its answer follows. */
  prompt: z.string().default("Question: {question} Answer:"),
  answer: z.string().default(" {answer}"),
  judge: z.enum(Object.keys(judges) as [JudgeName, ...JudgeName[]]).default("exact"),
  /** What guessing would reach. Default: one of the choices; 0 without choices. */
  chance: z.number().min(0).max(1).optional(),
  /** Longest answer, in tokens. */
  maxTokens: z.number().int().positive().default(20),
});
type Task = z.output<typeof task>;

/** `episodes.json`: what there is to ask. Paths are relative to it. */
const description = z.strictObject({
  title: z.string().optional(),
  /** Folder or tar of all pictures. */
  pictures: z.string().default("."),
  tasks: z.array(task).min(1),
});

export type EpisodeOptions = Pick<SuiteOptions, "pictures" | "limit" | "shots">;

/** Whether a suite is named by such files: a folder with an `episodes.json`, that file, or one task's JSONL file. */
export function areEpisodes(path: string): boolean {
  return /\.jsonl?$/.test(path);
}

/**
 * Opens episodes: the first questions of each task, as many as are wanted.
 * @param path - an `episodes.json`, or a JSONL file that is a task by itself
 * @throws DataError when a file is missing or of another form, or no task has such a number of shots
 */
export async function openEpisodes(path: string, { pictures, limit, shots }: EpisodeOptions): Promise<Suite> {
  const slash = path.lastIndexOf("/");
  const files = new BenchmarkFiles(slash < 0 ? "." : path.slice(0, slash));
  const file = path.slice(slash + 1);
  const told = file.endsWith(".jsonl") ? description.parse({ tasks: [{ name: file.slice(0, -".jsonl".length), file }] }) : await files.json(file, description);
  const tasks: SuiteTask[] = [];
  for (const each of told.tasks) {
    if (each.shots !== undefined && shots?.includes(each.shots) === false) continue;
    const lines = await files.lines(each.file, episode);
    // Where nothing is said, questions with as many examples belong together.
    for (const [count, alike] of Map.groupBy(lines, ({ examples }) => each.shots ?? examples.length)) {
      if (shots?.includes(count) !== false) tasks.push(taskOf({ ...each, shots: count }, alike.slice(0, limit)));
    }
  }
  if (tasks.length === 0) throw new DataError(`${path} has no questions${shots === undefined ? "" : ` with ${shots.join(", ")} shots`}`);
  return { tasks, fileOf: await openPictures(pictures ?? files.at(told.pictures)) };
}

function taskOf({ name, shots, prompt, answer, judge, chance, maxTokens }: Task & { readonly shots: number }, lines: readonly Episode[]): SuiteTask {
  const said = (text: string): string => answer.replaceAll("{answer}", () => text);
  const shown = ({ image, question, answer: text }: Example): ShownExample => ({
    media: image.map((path) => ({ kind: "image", path })),
    prompt: prompt.replaceAll("{question}", () => question),
    answer: said(text),
  });
  const rightAnswers = new Map(
    lines.map(({ id, examples, answer: right, choices, ...query }, i): [EvaluationCase, readonly string[]] => [
      {
        shots: examples.map(shown),
        query: { id: id ?? i, ...shown({ ...query, answer: right[0]! }), ...(choices !== undefined && { choices: choices.map(said) }) },
      },
      right,
    ]),
  );
  const cases = [...rightAnswers.keys()];
  const guessed = 1 / (cases[0]!.query.choices?.length ?? Number.POSITIVE_INFINITY);
  return { name, shots, chance: chance ?? guessed, cases, maxTokens, ...judgedBy(judge, rightAnswers) };
}
