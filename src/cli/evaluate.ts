import { Command, InvalidArgumentError, Option } from "commander";
import { benchmarks } from "../evaluate/benchmarks/benchmarks.ts";
import type { Provenance } from "../evaluate/predictions.ts";
import { defaultSamples } from "../evaluate/results.ts";
import { addDeviceOptions } from "./device-options.ts";
import { evaluatePairCommand } from "./evaluate-pair.ts";
import { addEvaluatedOptions } from "./evaluated-model.ts";
import { type BenchmarkChoice, benchmarkPlan, type SuiteChoice, suitePlan } from "./evaluation-plan.ts";
import { exportForms, exportTo } from "./export-option.ts";
import { benchmarkQuestions, type JudgedQuestions } from "./judged-questions.ts";
import { countUpTo, inRange, refuseTyped, refuseWithout, sharedOption } from "./option-values.ts";
import { rescorePredictions } from "./rescore-predictions.ts";
import { type RunOptions, runEvaluation } from "./run-evaluation.ts";
import { addSharingOptions } from "./sharing-options.ts";

interface EvaluateOptions extends RunOptions, SuiteChoice, Omit<BenchmarkChoice, "benchmark"> {
  readonly benchmark?: string;
  readonly rescore?: string;
  readonly pair?: string;
  readonly templates?: string;
}

/** Options that a pair of towers reads, and those that benchmarks alone and suites alone do. */
const ofPairs: ReadonlySet<string> = new Set(["pair", "benchmark", "data", "split", "limit", "templates", "out", "json", "device", "threads"]);
const ofBenchmarks: ReadonlySet<string> = new Set(["data", "split", "features", "select", "trials", "pool", "frames"]);
const ofSuites: ReadonlySet<string> = new Set(["suite", "pictures", "only"]);
/** What judging answers reads: what becomes of the results, and what says which questions they answer. */
const ofJudging = ["rescore", "out", "report", "samples", "json"] as const;
const ofJudged = { benchmark: ["benchmark", "data", "split", "frames"], suite: ["suite", "pictures", "only", "shots", "limit", "seed"], file: [] } as const;

/** `flamingo evaluate`: results with their baselines beside them. */
export const evaluateCommand = (): Command =>
  addSharingOptions(addEvaluatedOptions(addDeviceOptions(new Command("evaluate"))))
    .description("measure a model on a suite of questions, with baselines and 95% confidence intervals")
    .option(
      "--suite <name>",
      "nano: drawings of things that training never showed; nano/photographs-suite: another domain, from `flamingo data nano/photographs-data`; packaged: all that packages give; or episodes of your own (episodes.json, or a JSONL file); or a module whose default export opens a suite",
      "nano",
    )
    .option("--benchmark <name>", `in place of a suite: ${benchmarks.map(({ name }) => name).join(", ")}; or a JSONL file of your own`)
    .option("--pair <run>", "in place of a model: a pair of vision and text tower, measured on imagenet, coco, flickr30k, or classes or pairs of your own")
    .option("--templates <file>", "of a pair: sentences with {} in the place of a class's name, one a line")
    .option("--data <folder>", "the benchmark's files in their official form; docs/evaluating.md says where they come from")
    .option("--shots <numbers>", "examples before each question (default: of a benchmark 0,4,8, of a suite all that it has)", shotCounts)
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
    .option("--features <file>", "keep the features that rices compares in this file (.npy), or take them from there")
    .option("--beams <number>", "hypotheses of beam search for answers in words (default: 3 for a benchmark, 1 for a suite)", sharedOption("beams"))
    .option("--frames <number>", "frames shown of a benchmark's video", countUpTo(1000), 8)
    .option("--predictions <file>", "keep every answer in this file (JSON lines); a run that was stopped goes on from there")
    .option("--export <form=file>", `also write the answers as others read them: ${exportForms.join(", ")}`, exportTo)
    .option("--rescore <file>", "ask nobody: judge the answers in this file; of --predictions, lmms-eval, or in COCO's, VQA's or VL-ICL's form")
    .option("--limit <number>", "questions per task (default: 240, of a benchmark all)", countUpTo(1_000_000))
    .option(
      "--baselines <share>",
      "share of the questions that the model is asked again with something taken away; 0: none (default: 0.25, of a benchmark 0.1)",
      inRange({ least: 0, most: 1 }),
    )
    .option("--pictures <folder>", "pictures of the suite, of vl-icl its questions too (default: its own)")
    .option("--only <text>", "only tasks whose name contains this")
    .option("--seed <number>", "of the questions", sharedOption("seed"), 1)
    .option("--out <file>", "also write the results as JSON, of which flamingo report makes a page and flamingo rate asks people")
    .option("--report <file>", "also write a page with plots, tables, published figures and sample answers")
    .option(
      "--samples <number>",
      "questions of each task that results and page show with their answers, right and wrong ones",
      countUpTo(100_000),
      defaultSamples,
    )
    .option("--json", "print one JSON object")
    .action(async (options: EvaluateOptions, command: Command) => {
      const { benchmark, rescore, pair, templates } = options;
      if (pair !== undefined) {
        refuseTyped(command, "a --pair is measured as a whole and answers no questions", (name) => !ofPairs.has(name));
        return evaluatePairCommand({ ...options, pair });
      }
      refuseWithout("it belongs to a --pair", { "--templates": templates });
      if (benchmark === undefined) refuseTyped(command, "it belongs to a --benchmark", (name) => ofBenchmarks.has(name));
      else refuseTyped(command, "it belongs to a --suite, in whose place a --benchmark is", (name) => ofSuites.has(name));
      if (rescore !== undefined) {
        const by = benchmark !== undefined ? "benchmark" : command.getOptionValueSource("suite") === "default" ? "file" : "suite";
        const read: ReadonlySet<string> = new Set([...ofJudging, ...ofJudged[by]]);
        refuseTyped(command, "--rescore judges answers that are there, which tell how they were asked", (name) => !read.has(name));
        return rescorePredictions((provenance) => questionsOf(options, by, provenance), { ...options, rescore });
      }
      await runEvaluation(benchmark === undefined ? await suitePlan(options) : await benchmarkPlan({ ...options, benchmark }), options);
    });

/** What answers are judged by: a benchmark or a suite that is named, with the examples that they were given after where their file tells; else what their file says is right. */
async function questionsOf(options: EvaluateOptions, by: keyof typeof ofJudged, provenance: Provenance): Promise<JudgedQuestions | undefined> {
  if (by === "file") return undefined;
  if (by === "benchmark") return benchmarkQuestions({ ...options, benchmark: options.benchmark! }, provenance);
  const { suite = [], media, opened } = await suitePlan(options);
  return { tasks: suite, media, opened };
}

/** Numbers of examples, between commas. */
function shotCounts(text: string): readonly number[] {
  const counts = text.split(",").map((each) => (/^ *\d+ *$/.test(each) ? Number(each) : Number.NaN));
  if (counts.some((count) => !(count <= 1000))) throw new InvalidArgumentError("It must be whole numbers from 0 to 1000, such as 0,4,8.");
  return counts;
}
