import { type PicturedConcept, type PictureIndex, select } from "../../data/nano/picture-index.ts";
import { captionsTokens } from "../metrics/caption-tokens.ts";
import { cider } from "../metrics/cider.ts";
import { type Estimate, mean, proportion } from "../metrics/proportion.ts";
import { bindingCases, colourCases, type EvaluationCase, namingCases, yesNoCases } from "./cases.ts";

/** Something that answers questions: the model, a baseline, or the model with something taken away. */
export interface Answerer {
  readonly name: string;
  /** Share of the cases that it is asked, since some are only there for comparison. */
  readonly share: number;
  /** @returns for each question undefined when it can't say anything, which counts as wrong */
  answer(questions: readonly EvaluationCase[]): Promise<readonly (string | undefined)[]>;
}

export interface SuiteTask {
  readonly name: string;
  readonly shots: number;
  /** What guessing would reach; 0 for free text. */
  readonly chance: number;
  readonly cases: readonly EvaluationCase[];
}

export interface TaskResult {
  readonly task: string;
  readonly shots: number;
  readonly chance: number;
  readonly answerer: string;
  /** Share of answers that are exactly right. */
  readonly exact: Estimate;
  /** For names: CIDEr-D against the one right name, times 100 as benchmarks print it. */
  readonly cider?: Estimate;
}

export interface EvaluationEvent {
  readonly type: "evaluated";
  readonly done: number;
  readonly total: number;
  readonly result: TaskResult;
}

export interface NanoPictures {
  /** Things that training never showed. */
  readonly drawings: readonly PicturedConcept[];
  /** Nouns drawn as glyphs by many hands, never shown either. */
  readonly glyphs: readonly PicturedConcept[];
  /** Things that training showed, in a style that it never did. */
  readonly unseenStyle: readonly PicturedConcept[];
}

/** The suite's pictures in an index of what may be shown. */
export function nanoPictures(index: PictureIndex): NanoPictures {
  const heldOut = select(index, "heldOut", () => true);
  return {
    drawings: heldOut.filter(({ domain }) => domain === "thing"),
    glyphs: heldOut.filter(({ domain }) => domain === "glyph"),
    unseenStyle: select(index, "train", ({ use }) => use === "heldOut").filter(({ domain }) => domain === "thing"),
  };
}

/** Every task of the suite. @param cases - questions per task */
export function nanoTasks({ drawings, glyphs, unseenStyle }: NanoPictures, cases: number, seed: number): SuiteTask[] {
  const binding = (name: string, concepts: readonly PicturedConcept[], shots: readonly number[]): SuiteTask[] =>
    bindingTasks(name, shots, (ways, count) => bindingCases(concepts, ways, { cases, shots: count, seed }));
  const independent = (name: string, chance: number, draw: (shots: number) => EvaluationCase[]): SuiteTask[] =>
    [0, 4, 8].map((shots) => ({ name, shots, chance, cases: draw(shots) }));
  return [
    ...binding("binding drawings", drawings, [1, 2, 4]),
    ...binding("binding glyphs", glyphs, [1, 2, 4, 8]),
    ...independent("naming unseen things", 0, (shots) => namingCases(drawings, { cases, shots, seed })),
    ...independent("naming in an unseen style", 0, (shots) => namingCases(unseenStyle, { cases, shots, seed })),
    ...independent("yes or no", 1 / 2, (shots) => yesNoCases(drawings, { cases, shots, seed })),
    ...independent("colour", 1 / 11, (shots) => colourCases(drawings, { cases, shots, seed })),
  ];
}

/** 2-way and 5-way, at each number of shots. */
export function bindingTasks(name: string, shots: readonly number[], draw: (ways: number, shots: number) => EvaluationCase[]): SuiteTask[] {
  return [2, 5].flatMap((ways) => shots.map((count) => ({ name: `${name}, ${ways}-way`, shots: count, chance: 1 / ways, cases: draw(ways, count) })));
}

/** Asks every answerer every task. */
export async function* evaluateTasks(tasks: readonly SuiteTask[], answerers: readonly Answerer[], signal?: AbortSignal): AsyncGenerator<EvaluationEvent> {
  const total = tasks.length * answerers.length;
  let done = 0;
  for (const task of tasks) {
    for (const answerer of answerers) {
      signal?.throwIfAborted();
      const asked = task.cases.slice(0, Math.max(1, Math.round(task.cases.length * answerer.share)));
      const answers = (await answerer.answer(asked)).map((answer = "") => answer.trim());
      yield { type: "evaluated", done: ++done, total, result: judge(task, answerer.name, asked, answers) };
    }
  }
}

function judge({ name, shots, chance }: SuiteTask, answerer: string, asked: readonly EvaluationCase[], answers: readonly string[]): TaskResult {
  const expected = asked.map(({ query }) => query.answer.trim());
  const result = { task: name, shots, chance, answerer, exact: proportion(answers.map((answer, i) => answer === expected[i])) };
  if (asked[0]!.choices !== undefined) return result;
  const references = captionsTokens(expected);
  const scores = cider(captionsTokens(answers).map((candidate, i) => ({ candidate, references: [references[i]!] })));
  return { ...result, cider: mean(scores.map((score) => 100 * score)) };
}
