import * as z from "zod";
import type { Provenance } from "../evaluate/predictions.ts";
import { ShownMedia } from "../evaluate/shown-media.ts";
import type { SuiteTask } from "../evaluate/suite.ts";
import { type BenchmarkChoice, benchmarkPlan, type EvaluationPlan, openBenchmark } from "./evaluation-plan.ts";

/** What answers that are there already are judged by. */
export interface JudgedQuestions extends Pick<EvaluationPlan, "media" | "opened"> {
  readonly tasks: readonly SuiteTask[];
}

/** How a run asked a benchmark, as its predictions say, where the same examples can be drawn again without a model. */
const drawnExamples = z.object({
  benchmark: z.string(),
  split: z.string(),
  seed: z.number(),
  questions: z.union([z.literal("all").transform(() => undefined), z.int()]),
  shots: z.array(z.int()),
  select: z.enum(["random", "fixed"]),
  trials: z.int(),
  pool: z.int(),
});

/** Questions of a split: with the examples that came before them, where the answers are of a run that says how it drew these. */
export async function benchmarkQuestions(choice: BenchmarkChoice, provenance: Provenance): Promise<JudgedQuestions> {
  const { benchmark, split, opened } = await openBenchmark(choice);
  const run = drawnExamples.safeParse(provenance).data;
  if (run?.benchmark === benchmark.name && run.split === split) {
    const { questions, seed, shots, select, trials, pool } = run;
    const { media, opened: from, tasks: asked } = await benchmarkPlan({ ...choice, seed, shots, select, trials, pool, ...(questions && { limit: questions }) });
    const tasks: SuiteTask[] = [];
    for await (const task of asked(undefined)) tasks.push(task);
    return { media, opened: from, tasks };
  }
  const { frames } = choice;
  const all = { name: benchmark.title, shots: 0, cases: opened.queries.map((query) => ({ shots: [], query })), measure: opened.measure };
  return { media: new ShownMedia({ frames }), opened: { frames }, tasks: [all] };
}
