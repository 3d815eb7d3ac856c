import { createAnswerers } from "../evaluate/answerers.ts";
import { AnswerableOnly } from "../evaluate/answering/answerable.ts";
import type { AskOptions } from "../evaluate/answering/respondent.ts";
import { type Asking, askingOf } from "../evaluate/asking.ts";
import { evaluateTasks } from "../evaluate/evaluate-tasks.ts";
import { openPredictionLog } from "../evaluate/platform/node-prediction-log.ts";
import { ShardFiles } from "../evaluate/platform/node-shard-files.ts";
import type { PredictionLog, Provenance, TaskLine } from "../evaluate/predictions.ts";
import { TaskHashes } from "../evaluate/provenance.ts";
import type { Answerer, EvaluationCase } from "../evaluate/question.ts";
import { ResultsBuilder } from "../evaluate/results.ts";
import { RunLog } from "../evaluate/run-log.ts";
import { answerKey, answerShard, checkShard, isAnswered, type Shards, shardOf } from "../evaluate/shards.ts";
import type { ShownMedia } from "../evaluate/shown-media.ts";
import type { SuiteTask } from "../evaluate/suite.ts";
import type { Example } from "../index.ts";
import { packageVersion } from "../serve/package-version.ts";
import { type EvaluatedModel, type EvaluatedOptions, openEvaluatedModel } from "./evaluated-model.ts";
import type { EvaluationPlan } from "./evaluation-plan.ts";
import { progressLine } from "./progress-line.ts";
import { checkSharing, openSharing, type SharingOptions } from "./sharing-options.ts";

export interface AnsweringOptions extends EvaluatedOptions, SharingOptions {
  readonly baselines?: number;
  readonly predictions?: string;
  /** Questions of each task that results show. */
  readonly samples?: number;
  /** Whether questions that cannot be asked are left out. Default: they end the run. */
  readonly keepGoing?: boolean;
}

/** All answers of a run. */
export interface AnsweredRun extends Pick<EvaluatedModel, "name" | "facts"> {
  readonly provenance: Provenance;
  readonly tasks: readonly TaskLine[];
  readonly builder: ResultsBuilder;
}

type AnswerersOf = (task: SuiteTask) => readonly Answerer[];

/**
 * Asks what was planned, alone or with others, with progress on standard error.
 * @returns undefined where others put the answers together
 * @throws the signal's reason when it is aborted
 */
export async function answerPlan(plan: EvaluationPlan, options: AnsweringOptions, signal: AbortSignal): Promise<AnsweredRun | undefined> {
  const { seed, baselines = plan.controlShare, predictions, queue } = options;
  checkSharing(options, predictions);
  const { media, population } = plan;
  const opened = await openEvaluatedModel(options, media, plan.beams);
  try {
    const { name, facts, encoder, model } = opened;
    const respondent = options.keepGoing === true ? new AnswerableOnly(opened.respondent, askable(opened, media)) : opened.respondent;
    const provenance = { "flamingo-vlm": await packageVersion(), ...opened.provenance, ...plan.settings, baselines };
    const answerersOf = createAnswerers({
      ...{ respondent, media, encoder, model, seed },
      controlShare: baselines,
      ...(population === undefined ? {} : { population }),
    });
    const hashes = new TaskHashes(media, plan.hashed);
    const planned = plan.tasks(encoder);
    const answerAll = async (from: Iterable<SuiteTask> | AsyncIterable<SuiteTask>, log: PredictionLog | undefined): Promise<AnsweredRun> => {
      const [runLog, builder] = [new RunLog(hashes, log), new ResultsBuilder(options.samples)];
      await answerTasks(from, answerersOf, builder, runLog, signal);
      await runLog.finish();
      return { name, facts, provenance, tasks: runLog.tasks, builder };
    };
    if (queue !== undefined) {
      const tasks: SuiteTask[] = [];
      for await (const task of planned) tasks.push(task);
      return await answerShared(tasks, answerersOf, hashes, { ...options, predictions: predictions!, provenance }, signal, (log) => answerAll(tasks, log));
    }
    const log = predictions === undefined ? undefined : await openPredictionLog(predictions, provenance);
    try {
      return await answerAll(planned, log);
    } finally {
      await log?.close();
    }
  } finally {
    await opened.dispose();
  }
}

/** What a run that was stopped leaves behind. */
export function howToGoOn({ predictions, queue }: AnsweringOptions): string {
  if (predictions === undefined) return "stopped; with --predictions FILE it could be gone on with";
  return `stopped; the same command goes on from the answers in ${queue === undefined ? predictions : `${predictions}.shards`}`;
}

/** Looks whether a question can be asked: its pictures, and where the model is here its length. */
function askable({ encoder, model }: EvaluatedModel, media: ShownMedia): (question: EvaluationCase, options: AskOptions) => Promise<unknown> {
  return async ({ shots, query }, { maxTokens }) => {
    const asked = await media.of(query.media);
    if (model === undefined) return encoder.check(asked, { maxTokens: 1 });
    const examples: Example[] = [];
    for (const shot of shots) examples.push({ media: await media.of(shot.media), text: shot.prompt + shot.answer });
    return model.check([...examples, ...asked, query.prompt], query.choices === undefined ? { maxTokens } : { choices: query.choices });
  };
}

async function answerTasks(
  tasks: Iterable<SuiteTask> | AsyncIterable<SuiteTask>,
  answerersOf: AnswerersOf,
  builder: ResultsBuilder,
  log: RunLog,
  signal: AbortSignal,
): Promise<void> {
  const show = progressLine();
  for await (const event of evaluateTasks(tasks, answerersOf, { log, signal })) {
    const { name: task, shots } = event.task;
    if (event.type === "answered") show(`${task}, ${shots} shots, ${event.answerer}: ${event.done}/${event.total} answered`, event.done === event.total);
    else builder.add(event.task, event.result, event.answered);
  }
}

/**
 * Answers shards until there are none left, and then puts all together.
 * @param whole - asks everything once more, with a log that knows all answers
 */
async function answerShared(
  tasks: readonly SuiteTask[],
  answerersOf: AnswerersOf,
  hashes: TaskHashes,
  options: SharingOptions & { readonly predictions: string; readonly provenance: Provenance },
  signal: AbortSignal,
  whole: (log: PredictionLog) => Promise<AnsweredRun>,
): Promise<AnsweredRun | undefined> {
  const { predictions, provenance } = options;
  const { queue, shards: count, writer } = openSharing(options, `${predictions}.shards`, provenance);
  const files = await ShardFiles.open(predictions, provenance, count, writer);
  const askings = tasks.flatMap((task) => answerersOf(task).map((answerer): Asking => askingOf(task, answerer)));
  const known = new Set(files.answers.map(answerKey));
  let [did, last] = [0, false];
  const shards: Shards = {
    missing: async () => (await files.missing()).filter((shard) => known.size === 0 || !isAnswered(shardOf(askings, shard, count), known)),
    answer: async (shard, stop) => {
      const show = progressLine();
      await files.write(shard, writer, async (log) => {
        for await (const { asking, done, total } of answerShard(shardOf(askings, shard, count), new RunLog(hashes, log), stop))
          show(
            `shard ${shard} of ${count}: ${asking.task.name}, ${asking.task.shots} shots, ${asking.answerer.name}: ${done}/${total} answered`,
            done === total,
          );
      });
      did++;
      last = (await shards.missing()).length === 0;
    },
  };
  await queue(shards, signal);
  const missing = await shards.missing();
  if (missing.length > 0 || (did > 0 && !last)) {
    process.stderr.write(
      `${count - missing.length} of ${count} shards are done, ${did} of them here; the process that does the last one puts them together, or any that is called afterwards\n`,
    );
    return undefined;
  }
  const absent = new Set(await files.missing());
  const answers = [...files.answers];
  for (let shard = 0; shard < count; shard++) {
    if (absent.has(shard)) continue;
    const found = await files.read(shard);
    await checkShard(found, shardOf(askings, shard, count), hashes, files.path(shard));
    answers.push(...found.answers);
  }
  return files.merge(writer, answers, whole);
}
