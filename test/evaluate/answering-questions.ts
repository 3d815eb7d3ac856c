/** A few questions with and without choices, over pictures of noise. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BenchmarkFiles } from "../../src/evaluate/benchmarks/benchmark-files.ts";
import { benchmarkTasks } from "../../src/evaluate/benchmarks/benchmark-tasks.ts";
import { ownBenchmark } from "../../src/evaluate/benchmarks/own-benchmark.ts";
import type { SuiteTask } from "../../src/evaluate/suite.ts";
import { png } from "../serve/listening.ts";

const colours = ["red", "blue", "green", "grey"];

/** @returns the file: a benchmark of one's own */
export async function writeQuestions(asked: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "flamingo-questions-"));
  const line = (i: number, more: object): string => JSON.stringify({ image: `${i}.png`, ...more });
  const lines: string[] = [];
  for (let i = 0; i < asked + 6; i++) {
    await writeFile(join(folder, `${i}.png`), await png(i, 16, 16));
    const answer = colours[i % colours.length]!;
    if (i < 6) lines.push(line(i, { question: "What colour is it?", answer, support: true }));
    else if (i % 3 === 0) lines.push(line(i, { question: "What colour is it?", answer }));
    else if (i % 3 === 1) lines.push(line(i, { question: "What colour is it?", answer, choices: colours }));
    else lines.push(line(i, { answer }));
  }
  const file = join(folder, "questions.jsonl");
  await writeFile(file, `${lines.join("\n")}\n`);
  return file;
}

/** Its tasks, with so many examples before each question. */
export async function tasksOf(file: string, shots: readonly number[]): Promise<SuiteTask[]> {
  const slash = file.lastIndexOf("/");
  const benchmark = ownBenchmark(file.slice(slash + 1));
  const opened = await benchmark.open(new BenchmarkFiles(file.slice(0, slash)), "all");
  const tasks: SuiteTask[] = [];
  const options = {
    shots,
    select: "random",
    trials: 1,
    seed: 1,
    pool: 2048,
    similar: () => ({ choose: () => Promise.resolve([]), dispose: () => Promise.resolve() }),
  } as const;
  for await (const task of benchmarkTasks(benchmark, opened, options)) tasks.push(task);
  return tasks;
}
