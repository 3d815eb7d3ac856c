import { DataError } from "../../data/errors.ts";
import { Random } from "../../data/random.ts";
import type { EvaluationCase } from "../question.ts";
import type { SuiteTask } from "../suite.ts";
import type { Benchmark, OpenedBenchmark } from "./benchmark.ts";
import { fixedDemonstrations, randomDemonstrations, type Similar } from "./demonstrations.ts";

export interface BenchmarkTaskOptions {
  readonly shots: readonly number[];
  /** How examples are found: other random ones for each question, the same random ones for all, or those whose pictures are most like the question's. */
  readonly select: "random" | "fixed" | "rices";
  /** Each with other random examples. */
  readonly trials: number;
  readonly seed: number;
  /** Questions that are asked, drawn with the seed. Default: all. */
  readonly limit?: number | undefined;
  /** Examples are taken from so many, drawn with the seed. The paper has 2048. */
  readonly pool: number;
  /** Finds examples by likeness; asked for where they are selected so. */
  readonly similar: (support: OpenedBenchmark["support"]) => Similar;
}

/** The paper's zero shots of questions that are answered in words: two examples without their pictures show the form of an answer. */
const textExamples = 2;

/** A benchmark's questions after each number of examples, as often as there are trials. @throws DataError when there are no questions, or too few examples */
export async function* benchmarkTasks(
  benchmark: Benchmark,
  { support, queries, secret, measure }: OpenedBenchmark,
  options: BenchmarkTaskOptions,
): AsyncGenerator<SuiteTask> {
  const { seed, limit, pool, shots: counts, trials, select } = options;
  const asked = limit === undefined || limit >= queries.length ? queries : new Random("questions", benchmark.name, seed).sample(queries, limit);
  const usable = new Random("pool", benchmark.name, seed).sample(support, pool);
  if (asked.length === 0) throw new DataError(`${benchmark.title} has no question in this split; its files are incomplete`);
  const most = Math.max(...counts);
  if (usable.length < most)
    throw new DataError(`${benchmark.title} has ${usable.length} examples to show, ${most} are asked for; give fewer shots or more examples`);
  const inWords = asked.some(({ choices }) => choices === undefined);
  const similar = select === "rices" ? options.similar(usable) : undefined;
  try {
    for (const shots of counts) {
      const words = shots === 0 && inWords && usable.length >= textExamples;
      const same = similar !== undefined || (shots === 0 && !words);
      for (let trial = 0; trial < (same ? 1 : trials); trial++) {
        const drawn = select === "fixed" ? fixedDemonstrations : randomDemonstrations;
        const choose = similar?.choose ?? drawn(usable, benchmark.name, seed, trial);
        const chosen = await choose(asked, words ? textExamples : shots);
        const cases = asked.map((query, i): EvaluationCase => {
          const examples = chosen[i]!;
          return { shots: words ? examples.map((example) => ({ ...example, media: [] })) : examples, query };
        });
        yield {
          name: benchmark.title,
          shots,
          trial,
          ...(words ? { textExamples } : {}),
          cases,
          maxTokens: benchmark.maxTokens,
          measure,
          secret,
          support: usable,
        };
      }
    }
  } finally {
    await similar?.dispose();
  }
}
