/** One run of an ablation: trained as `flamingo train` does it, packed, and asked as `flamingo evaluate` does it. Each of the three is gone on with where it was left. */

import { mkdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { writeWhole } from "../data/platform/node-write.ts";
import { meanShare } from "../evaluate/metrics/overall-score.ts";
import type { EvaluationReport } from "../evaluate/report/results-file.ts";
import { Flamingo } from "../model/flamingo.ts";
import { ConfigError } from "../model/strict-config.ts";
import { createRuntime } from "../runtime/runtime.ts";
import type { AblationScore } from "../train/ablation.ts";
import { described, everyChange } from "../train/config-changes.ts";
import type { RunConfig } from "../train/contrastive-config.ts";
import { oneRank } from "../train/distribute/ranks.ts";
import { runFolder } from "../train/platform/node-run-files.ts";
import type { TrainingConfig } from "../train/training-config.ts";
import { type DeviceOptions, runtimeOptions } from "./device-options.ts";
import { suitePlan } from "./evaluation-plan.ts";
import { partFormatsOf, writeModelFolder } from "./model-folder-output.ts";
import { packedRun } from "./packed-run.ts";
import { evaluateAsPlanned } from "./run-evaluation.ts";
import { trainInFolder } from "./run-training.ts";

export interface AblationPlaces {
  readonly folder: string;
  /** What the config's modules are named from. */
  readonly modules: string;
}

export interface AblationQuestions {
  readonly suite: string;
  readonly limit: number;
  readonly seed: number;
  readonly scores: readonly AblationScore[];
}

/** What a run has come to, in its folder's `result.json`. */
export interface AblationResult {
  readonly seed: number;
  readonly suite: { readonly name: string; readonly limit: number; readonly seed: number };
  readonly parameters: { readonly total: number; readonly trained: number };
  /** Nine tenths of the steps took longer: other work on the machine can only slow them. */
  readonly stepSeconds: number;
  readonly trainingSeconds: number;
  readonly evaluationSeconds: number;
  /** Mean over the last tenth of the steps, by data set. */
  readonly losses: Readonly<Record<string, number>>;
  /** In percent, by the titles of the columns. */
  readonly scores: Readonly<Record<string, number>>;
  readonly overall: number;
}

const resultFile = "result.json";
const trainedFile = "trained.json";

/** @returns undefined where the run has not ended. @throws ConfigError when it is of another config, or was asked something else */
export async function resultOf(config: RunConfig, { folder }: AblationPlaces, { suite, limit, seed }: AblationQuestions): Promise<AblationResult | undefined> {
  await checkSame(config, folder);
  const result = (await readJson(join(folder, resultFile))) as AblationResult | undefined;
  if (result === undefined) return undefined;
  const asked = { name: basename(suite), limit, seed };
  if (JSON.stringify(result.suite) !== JSON.stringify(asked))
    throw new ConfigError(
      `${folder} was asked ${JSON.stringify(result.suite)}, here it would be ${JSON.stringify(asked)}; give another folder under --out, or begin anew with --no-resume`,
    );
  return result;
}

/** Trains what is not trained, with checkpoints. @throws the signal's reason when it is aborted */
export async function trainOnce(config: RunConfig, { folder, modules }: AblationPlaces, options: DeviceOptions, signal: AbortSignal): Promise<void> {
  await checkSame(config, folder);
  if ((await readJson(join(folder, trainedFile))) !== undefined) return;
  process.stderr.write(`training ${config.name}\n`);
  await mkdir(folder, { recursive: true });
  const begun = (await runFolder(folder).read("checkpoint.safetensors")) !== undefined;
  const runtime = await createRuntime(runtimeOptions(options));
  try {
    const resume = begun ? {} : false;
    const outcome = await trainInFolder({ config, folder, modules, runtime, resume, json: true, tensorboard: false, signal, ranks: oneRank });
    if (!outcome.finished) throw signal.reason;
    await writeWhole(join(folder, trainedFile), `${JSON.stringify(outcome)}\n`);
  } finally {
    // A run that was stopped is in the middle of a step, which nobody waits for.
    if (!signal.aborted) await runtime.dispose();
  }
}

/** Does what is still to be done of a run. @throws the signal's reason when it is aborted */
export async function runOnce(
  config: TrainingConfig,
  places: AblationPlaces,
  questions: AblationQuestions,
  options: DeviceOptions,
  signal: AbortSignal,
): Promise<AblationResult> {
  const { folder } = places;
  await trainOnce(config, places, options, signal);
  const model = join(folder, "model");
  if ((await readJson(join(model, "flamingo.json"))) === undefined)
    await writeModelFolder(await packedRun(folder, config.name, new Set()), partFormatsOf({ weights: "float16" }), model, signal);
  const { suite, limit, seed, scores: wanted } = questions;
  // Nearest examples say nothing of a row: without a population they are not looked for.
  const { population: _, ...plan } = await suitePlan({ suite, limit, seed });
  const asked = { model, seed, orders: 1, baselines: 0, predictions: join(folder, "predictions.jsonl"), out: join(folder, "evaluation.json") };
  const { report } = await evaluateAsPlanned(plan, { ...asked, ...runtimeOptions(options), device: options.device }, signal);
  const { steps, trainingSeconds, losses } = await trainingFigures(folder);
  const scores = wanted.map((score) => ({ title: score.title, score: scoreOf(report, score), best: score.best }));
  const { total, trainable } = new Flamingo(config.model).count();
  const result: AblationResult = {
    seed: config.train.seed,
    suite: { name: basename(suite), limit, seed },
    parameters: { total, trained: trainable },
    stepSeconds: steps.sort((a, b) => a - b)[Math.floor(steps.length / 10)]!,
    trainingSeconds,
    evaluationSeconds: report.seconds,
    losses,
    scores: Object.fromEntries(scores.map(({ title, score }) => [title, score])),
    overall: meanShare(scores),
  };
  await writeWhole(join(folder, resultFile), `${JSON.stringify(result, undefined, 1)}\n`);
  // Both are large, and follow from what stays.
  await rm(model, { recursive: true, force: true });
  await rm(join(folder, "checkpoint.safetensors"), { force: true });
  return result;
}

/** @throws ConfigError when the folder is that of another run */
async function checkSame(config: RunConfig, folder: string): Promise<void> {
  const was = await readJson(join(folder, "config.json"));
  if (was === undefined) return;
  const changes = everyChange(was, JSON.parse(JSON.stringify(config)) as RunConfig);
  if (changes.length > 0)
    throw new ConfigError(
      `${folder} is a run with other settings (${changes.map(described).join("; ")}); give another folder under --out, or begin anew with --no-resume`,
    );
}

function scoreOf({ results }: EvaluationReport, { title, task, measure, shots }: AblationScore): number {
  const result = results.find((each) => each.task === task && each.shots === shots && each.answerer === "model");
  const figures = result?.measures ?? {};
  const figure = measure === undefined ? Object.values(figures)[0] : figures[measure];
  if (figure === undefined)
    throw new ConfigError(
      `the score "${title}" is ${measure ?? "the first figure"} of "${task}" after ${shots} shots, and the suite gives ${Object.keys(figures).join(", ") || "no such task"}`,
    );
  return figure.value;
}

interface StepLine {
  readonly type: string;
  readonly seconds: number;
  readonly losses: Readonly<Record<string, number>>;
}

async function trainingFigures(
  folder: string,
): Promise<{ readonly steps: number[]; readonly trainingSeconds: number; readonly losses: Readonly<Record<string, number>> }> {
  const lines = (await readFile(join(folder, "events.jsonl"), "utf8")).trim().split("\n");
  const steps = lines.map((line) => JSON.parse(line) as StepLine).filter(({ type }) => type === "step");
  const last = steps.slice(-Math.ceil(steps.length / 10));
  const names = [...new Set(last.flatMap(({ losses }) => Object.keys(losses)))];
  const losses = names.map((name) => {
    const values = last.flatMap((step) => step.losses[name] ?? []);
    return [name, values.reduce((sum, each) => sum + each, 0) / values.length] as const;
  });
  const seconds = steps.map((step) => step.seconds);
  return { steps: seconds, trainingSeconds: seconds.reduce((sum, each) => sum + each, 0), losses: Object.fromEntries(losses) };
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}
