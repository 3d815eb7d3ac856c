/** A run in pieces that may be answered anywhere, in any order: what each piece holds follows from the questions alone. */
import { DataError } from "../data/errors.ts";
import { type Asking, answersTo } from "./asking.ts";
import { type AnswerLine, keyOf, type Predictions } from "./predictions.ts";
import type { TaskHashes } from "./provenance.ts";
import type { RunLog } from "./run-log.ts";
import type { SuiteTask } from "./suite.ts";

/** What hands out shards to those that work on them. It returns when each is done, by whomever, or when this worker's own are. */
export type ShardQueue = (shards: Shards, signal: AbortSignal) => Promise<void>;

export interface Shards {
  /** Those that nobody has done yet, in order. */
  missing(): Promise<readonly number[]>;
  /** Done twice it is the same to the byte. */
  answer(shard: number, signal: AbortSignal): Promise<void>;
}

/**
 * One shard of many: units that follow one another in the order in which a single run asks them, so that the answers of all shards, one after the other, are in that order too.
 * @param askings - of the whole run
 */
export function shardOf(askings: readonly Asking[], shard: number, shards: number): Asking[] {
  const total = askings.reduce((sum, { units: [from, to] }) => sum + to - from, 0);
  const [first, last] = [Math.floor((total * shard) / shards), Math.floor((total * (shard + 1)) / shards)];
  let before = 0;
  return askings.flatMap((asking) => {
    const [from, to] = asking.units;
    const start = from - before;
    before += to - from;
    const units = [Math.max(from, start + first), Math.min(to, start + last)] as const;
    return units[0] < units[1] ? [{ ...asking, units }] : [];
  });
}

/** A shard's tasks, each with the questions that are asked in the shard alone. */
export function tasksOf(askings: readonly Asking[]): SuiteTask[] {
  return [...Map.groupBy(askings, ({ task }) => task)].map(([task, of]) => {
    const places = new Set(of.flatMap(({ units: [from, to], size, asked }) => range(from * size, Math.min(to * size, asked.length))));
    return { ...task, cases: task.cases.filter((_, place) => places.has(place)) };
  });
}

export interface ShardProgress {
  readonly asking: Asking;
  readonly done: number;
  readonly total: number;
}

/** Asks a shard's questions; judges nothing. */
export async function* answerShard(askings: readonly Asking[], log: RunLog, signal: AbortSignal): AsyncGenerator<ShardProgress> {
  for (const task of tasksOf(askings)) await log.begin(task);
  const total = askings.reduce((sum, { units: [from, to], size, asked }) => sum + Math.min(to * size, asked.length) - from * size, 0);
  let done = 0;
  for (const asking of askings) for await (const _ of answersTo(asking, { log, signal })) yield { asking, done: ++done, total };
}

/** Whether all that a shard would ask is there. @param answers - their {@link answerKey}s */
export function isAnswered(askings: readonly Asking[], answers: ReadonlySet<string>): boolean {
  return askings.every(({ task: { name: task, shots, trial = 0 }, answerer, asked, size, units: [from, to] }) =>
    range(from * size, Math.min(to * size, asked.length)).every((place) => answers.has(answerKey({ task, shots, trial, answerer: answerer.name, place }))),
  );
}

/** Tells answers of a run apart. */
export function answerKey(line: Pick<AnswerLine, "task" | "shots" | "trial" | "answerer" | "place">): string {
  return `${keyOf(line)}${line.place}`;
}

/** @throws DataError when the shard was made of other questions or other pictures */
export async function checkShard({ tasks }: Predictions, askings: readonly Asking[], hashes: TaskHashes, path: string): Promise<void> {
  const expected = await Promise.all(tasksOf(askings).map((task) => hashes.of(task)));
  if (JSON.stringify(tasks) === JSON.stringify(expected)) return;
  const other = expected.find((line, i) => JSON.stringify(line) !== JSON.stringify(tasks[i])) ?? tasks.at(-1)!;
  throw new DataError(
    `${path} was answered with other questions or pictures, in ${other.task}, ${other.shots} shots: delete it, and call the same command again`,
  );
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}
