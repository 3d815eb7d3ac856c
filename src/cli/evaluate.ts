import { Command, InvalidArgumentError, Option } from "commander";
import { benchmarks } from "../evaluate/benchmarks/benchmarks.ts";
import { addDeviceOptions } from "./device-options.ts";
import { UsageError } from "./errors.ts";
import { type BenchmarkChoice, benchmarkPlan, type SuiteChoice, suitePlan } from "./evaluation-plan.ts";
import { countUpTo, inRange, refuseWithout, sharedOption } from "./option-values.ts";
import { type RunOptions, runEvaluation } from "./run-evaluation.ts";

interface EvaluateOptions extends RunOptions, SuiteChoice, Omit<BenchmarkChoice, "benchmark"> {
  readonly benchmark?: string;
}

/** `flamingo evaluate`: results with their baselines beside them. */
export const evaluateCommand = (): Command =>
  addDeviceOptions(new Command("evaluate"))
    .description("measure a model on a suite of questions, with baselines and 95% confidence intervals")
    .option("--model <name>", "an embedded model, or a folder with a flamingo.json", "nano")
    .option(
      "--suite <name>",
      "nano: drawings of things that training never showed; nano/photographs-suite: another domain, from `flamingo data nano/photographs-data`; or a file of your own whose default export opens a suite",
      "nano",
    )
    .option("--benchmark <name>", `in place of a suite: ${benchmarks.map(({ name }) => name).join(", ")}; or a JSONL file of your own`)
    .option("--data <folder>", "the benchmark's files in their official form; docs/evaluating.md says where they come from")
    .option("--shots <numbers>", "examples before each question of a benchmark: 0,4,8", shotCounts, [0, 4, 8])
    .option("--split <name>", "of the benchmark (default: the paper's, as far as its answers are public)")
    .addOption(
      new Option(
        "--select <how>",
        "how a benchmark's examples are found; fixed: the same for all questions; rices: those whose pictures are most like the question's",
      )
        .choices(["random", "fixed", "rices"])
        .default("random"),
    )
    .option("--trials <number>", "times that a benchmark is asked, each with other random examples", countUpTo(100), 1)
    .option("--pool <number>", "examples that a benchmark's are taken from", countUpTo(1_000_000), 2048)
    .option("--beams <number>", "hypotheses of beam search for answers in words (default: 3 for a benchmark, 1 for a suite)", sharedOption("beams"))
    .option("--frames <number>", "frames shown of a benchmark's video", countUpTo(1000), 8)
    .option("--predictions <file>", "also write a benchmark's answers as its evaluation server takes them")
    .option("--limit <number>", "questions per task (default: 240, of a benchmark all)", countUpTo(1_000_000))
    .option(
      "--baselines <share>",
      "share of the questions that the model is asked again with something taken away; 0: none (default: 0.25, of a benchmark 0.1)",
      inRange({ least: 0, most: 1 }),
    )
    .option("--pictures <folder>", "pictures of the suite (default: its own)")
    .option("--only <text>", "only tasks whose name contains this")
    .option("--seed <number>", "of the questions", sharedOption("seed"), 1)
    .option("--out <file>", "also write the results as JSON")
    .option("--json", "print one JSON object")
    .action(async (options: EvaluateOptions) => {
      const { benchmark, data, split, predictions, shots, trials } = options;
      if (benchmark === undefined) refuseWithout("they belong to a --benchmark", { "--data": data, "--split": split, "--predictions": predictions });
      if (predictions !== undefined && (shots.length > 1 || trials > 1))
        throw new UsageError("--predictions is a file of one run's answers: give one number of --shots and one trial");
      await runEvaluation(benchmark === undefined ? await suitePlan(options) : await benchmarkPlan({ ...options, benchmark }), options);
    });

/** Numbers of examples, between commas. */
function shotCounts(text: string): readonly number[] {
  const counts = text.split(",").map((each) => (/^ *\d+ *$/.test(each) ? Number(each) : Number.NaN));
  if (counts.some((count) => !(count <= 1000))) throw new InvalidArgumentError("It must be whole numbers from 0 to 1000, such as 0,4,8.");
  return counts;
}
