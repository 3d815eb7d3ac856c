import { basename, dirname } from "node:path";
import type { Benchmark } from "../evaluate/benchmarks/benchmark.ts";
import { BenchmarkFiles } from "../evaluate/benchmarks/benchmark-files.ts";
import { benchmarkTasks } from "../evaluate/benchmarks/benchmark-tasks.ts";
import { benchmarks } from "../evaluate/benchmarks/benchmarks.ts";
import { type Similar, similarDemonstrations } from "../evaluate/benchmarks/demonstrations.ts";
import { ownBenchmark } from "../evaluate/benchmarks/own-benchmark.ts";
import { mediaOf } from "../evaluate/controls.ts";
import { areEpisodes, openEpisodes } from "../evaluate/episodes/episodes.ts";
import type { Answered, MediaFile, Question } from "../evaluate/question.ts";
import type { OpenedFrom } from "../evaluate/report/results-file.ts";
import { ShownMedia } from "../evaluate/shown-media.ts";
import type { OpenSuite, SuiteOptions, SuiteTask } from "../evaluate/suite.ts";
import type { Medium } from "../generate/medium.ts";
import { UsageError } from "./errors.ts";
import { callModule } from "./import-module.ts";
import { progressLine } from "./progress-line.ts";
import { recipeModule } from "./recipe-module.ts";

/** What is asked, before anybody is asked. */
export interface EvaluationPlan {
  /** What the results say about it. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What a report needs to find the pictures again. */
  readonly opened: OpenedFrom;
  readonly media: ShownMedia;
  /** The tasks, where all are known from the start. */
  readonly suite?: readonly SuiteTask[];
  /** All pictures, where all are known from the start. */
  readonly population?: readonly MediaFile[];
  /** Hypotheses of beam search for answers in words. */
  readonly beams: number;
  /** How often questions are asked: tasks, each with its examples. */
  readonly runs: number;
  /** Share of the questions that controls are asked, unless the user says. */
  readonly controlShare: number;
  /** @param vectorOf - what pictures are compared by */
  tasks(vectorOf: (medium: Medium) => Promise<Float32Array>): Iterable<SuiteTask> | AsyncIterable<SuiteTask>;
  /** An answer as the evaluation server takes it. */
  readonly submitted: (answered: Answered) => unknown;
}

export interface SuiteChoice {
  readonly suite: string;
  readonly limit?: number;
  readonly pictures?: string;
  readonly seed: number;
  readonly shots?: readonly number[];
  readonly only?: string;
  readonly beams?: number;
}

/** The tasks of a suite's module, or of episodes in files. */
export async function suitePlan({ suite, limit = 240, pictures, seed, shots, only = "", beams = 1 }: SuiteChoice): Promise<EvaluationPlan> {
  const isSuite = ({ tasks, fileOf }: Readonly<Record<string, unknown>>): boolean => Array.isArray(tasks) && tasks.length > 0 && typeof fileOf === "function";
  const wanted: SuiteOptions = { pictures, limit, seed, show: progressLine(), ...(shots && { shots }) };
  const { tasks: all, fileOf } = areEpisodes(suite)
    ? await openEpisodes(suite, wanted)
    : await callModule<OpenSuite>(recipeModule(suite, "suite"), "opens a suite of tasks", isSuite, wanted);
  const tasks = all.filter((task) => task.name.includes(only));
  if (tasks.length === 0) throw new UsageError(`--only ${only}: no task has that in its name`);
  const population = mediaOf(tasks.flatMap(({ cases }) => cases));
  const settings = { suite, seed, questions: limit, ...(shots && { shots }), pictures: population.length };
  return {
    settings,
    opened: { suite, pictures, limit, seed, shots },
    media: new ShownMedia({ fileOf }),
    population,
    beams,
    controlShare: 0.25,
    runs: tasks.length,
    suite: tasks,
    tasks: () => tasks,
    submitted: plainSubmission,
  };
}

export interface BenchmarkChoice {
  readonly benchmark: string;
  readonly data?: string;
  readonly split?: string;
  readonly limit?: number;
  readonly shots?: readonly number[];
  readonly select: "random" | "fixed" | "rices";
  readonly trials: number;
  readonly pool: number;
  readonly seed: number;
  readonly beams?: number;
  readonly frames: number;
}

/** A benchmark's questions after each number of examples. */
export async function benchmarkPlan(choice: BenchmarkChoice): Promise<EvaluationPlan> {
  const { limit, shots = [0, 4, 8], seed, select, trials, beams = 3, pool, frames } = choice;
  const most = benchmarkNamed(choice.benchmark).mostShots ?? Number.POSITIVE_INFINITY;
  const tooMany = shots.find((count) => count > most);
  if (tooMany !== undefined) throw new UsageError(`--shots ${tooMany}: ${benchmarkNamed(choice.benchmark).title} is asked with at most ${most}`);
  const { benchmark, split, opened } = await openBenchmark(choice);
  const media = new ShownMedia({ frames });
  const settings = { benchmark: benchmark.name, split, seed, questions: limit ?? "all", shots, select, trials, pool, frames };
  const tasks = (vectorOf: (medium: Medium) => Promise<Float32Array>): AsyncIterable<SuiteTask> =>
    benchmarkTasks(benchmark, opened, {
      ...{ shots, select, trials, seed, limit, pool },
      similar: (support: readonly Question[]): Similar => similarDemonstrations(support, media, vectorOf),
    });
  return {
    settings,
    opened: { frames },
    media,
    beams,
    controlShare: 0.1,
    runs: shots.length * trials,
    tasks,
    submitted: benchmark.submitted ?? plainSubmission,
  };
}

/** @throws UsageError when there is no such benchmark or split */
export async function openBenchmark(choice: Pick<BenchmarkChoice, "benchmark" | "data" | "split">) {
  const benchmark = benchmarkNamed(choice.benchmark);
  const { data = isOwn(choice.benchmark) ? dirname(choice.benchmark) : undefined, split = benchmark.splits[0] } = choice;
  if (data === undefined) throw new UsageError(`--benchmark ${benchmark.name} needs --data FOLDER: docs/evaluating.md says which files belong there`);
  if (!benchmark.splits.includes(split)) throw new UsageError(`--split ${split}: ${benchmark.title} has ${benchmark.splits.join(", ")}`);
  return { benchmark, split, opened: await benchmark.open(new BenchmarkFiles(data), split) };
}

function isOwn(name: string): boolean {
  return name.endsWith(".jsonl");
}

function benchmarkNamed(name: string): Benchmark {
  if (isOwn(name)) return ownBenchmark(basename(name));
  const found = benchmarks.find((each) => each.name === name);
  if (found === undefined)
    throw new UsageError(`there is no benchmark "${name}"; there are: ${benchmarks.map((each) => each.name).join(", ")}; or name a JSONL file of your own`);
  return found;
}

function plainSubmission({ question, answer }: Answered): unknown {
  return { question_id: question.id, answer: answer.text };
}
