import { DataError } from "../../data/errors.ts";
import { Random } from "../../data/random.ts";
import type { Flamingo } from "../../generate/flamingo-model.ts";
import type { Prompt } from "../../generate/prompt-reader.ts";
import type { Answer, Answered, Benchmark, Measures, OpenedBenchmark, Question } from "./benchmark.ts";
import { BenchmarkMedia } from "./benchmark-media.ts";
import { type Choose, randomDemonstrations, similarDemonstrations } from "./demonstrations.ts";

export interface BenchmarkRunOptions {
  readonly shots: readonly number[];
  /** How examples are found. */
  readonly select: "random" | "rices";
  /** Each with other random examples. */
  readonly trials: number;
  readonly seed: number;
  /** Questions that are asked, drawn with the seed. Default: all. */
  readonly limit: number | undefined;
  /** Examples are taken from so many, drawn with the seed. The paper has 2048. */
  readonly pool: number;
  readonly beams: number;
  /** Shown of a video. */
  readonly frames: number;
  readonly signal?: AbortSignal;
}

export interface BenchmarkResult {
  readonly shots: number;
  readonly trial: number;
  /** Examples in words alone that stood in the place of none. */
  readonly textExamples: number;
  readonly questions: number;
  /** Undefined where the right answers are with an evaluation server. */
  readonly measures: Measures | undefined;
  readonly answered: readonly Answered[];
}

export type BenchmarkEvent =
  | { readonly type: "answered"; readonly shots: number; readonly trial: number; readonly done: number; readonly total: number }
  | { readonly type: "result"; readonly result: BenchmarkResult };

/** Questions that are asked together. */
const atOnce = 32;
/** The paper's zero shots of questions that are answered in words: two examples without their pictures show the form of an answer. */
const textExamples = 2;

/** Asks a benchmark's questions after each number of examples. */
export async function* runBenchmark(
  benchmark: Benchmark,
  { support, queries, measure }: OpenedBenchmark,
  model: Flamingo,
  options: BenchmarkRunOptions,
): AsyncGenerator<BenchmarkEvent> {
  const { seed, limit, pool, shots: counts, trials, select, frames, signal } = options;
  const asked = limit === undefined || limit >= queries.length ? queries : new Random("questions", benchmark.name, seed).sample(queries, limit);
  const usable = new Random("pool", benchmark.name, seed).sample(support, pool);
  if (asked.length === 0) throw new DataError(`${benchmark.title} has no question in this split; its files are incomplete`);
  const most = Math.max(...counts);
  if (usable.length < most)
    throw new DataError(`${benchmark.title} has ${usable.length} examples to show, ${most} are asked for; give fewer shots or more examples`);
  const inWords = asked.some(({ choices }) => choices === undefined);
  const media = new BenchmarkMedia(frames, model.folder.preprocessing);
  const similar = similarDemonstrations(usable, model, media);
  for (const shots of counts) {
    const words = shots === 0 && inWords && usable.length >= textExamples;
    for (let trial = 0; trial < (select === "rices" || (shots === 0 && !words) ? 1 : trials); trial++) {
      const choose: Choose = select === "rices" ? similar : randomDemonstrations(usable, benchmark.name, seed, trial);
      const answered: Answered[] = [];
      for (let start = 0; start < asked.length; start += atOnce) {
        signal?.throwIfAborted();
        const questions = asked.slice(start, start + atOnce);
        const prompts: Prompt[] = [];
        for (const question of questions) prompts.push(await promptOf(question, await choose(question, words ? textExamples : shots), media, !words));
        const answers = await answer(benchmark, questions, prompts, model, options);
        answers.forEach((each, i) => answered.push({ question: questions[i]!, answer: each }));
        yield { type: "answered", shots, trial, done: answered.length, total: asked.length };
      }
      const result = { shots, trial, textExamples: words ? textExamples : 0, questions: asked.length, measures: measure(answered), answered };
      yield { type: "result", result };
    }
  }
}

/** @param shown - whether examples have their pictures */
async function promptOf(question: Question, examples: readonly Question[], media: BenchmarkMedia, shown: boolean): Promise<Prompt> {
  const pieces: Prompt[number][] = [];
  for (const each of examples) pieces.push({ media: shown ? await media.of(each.media) : [], text: each.prompt + each.answer });
  return [...pieces, ...(await media.of(question.media)), question.prompt];
}

async function answer(
  { maxTokens }: Benchmark,
  questions: readonly Question[],
  prompts: readonly Prompt[],
  model: Flamingo,
  { beams, signal }: BenchmarkRunOptions,
): Promise<Answer[]> {
  const given = signal === undefined ? {} : { signal };
  const [open, closed] = [true, false].map((wanted) => questions.map((_, i) => i).filter((i) => (questions[i]!.choices === undefined) === wanted)) as [
    number[],
    number[],
  ];
  const answers = new Map<number, Answer>();
  const promptsOf = (places: readonly number[]): Prompt[] => places.map((i) => prompts[i]!);
  if (open.length > 0) {
    // Hypotheses are compared by their likelihood alone, as few-shot papers do.
    const texts = await model.generateTexts(promptsOf(open), { maxTokens, ...(beams > 1 ? { beams, lengthPenalty: 0 } : {}), ...given });
    texts.forEach((text, at) => answers.set(open[at]!, { text: answerIn(text) }));
  }
  const choices = closed.map((i) => questions[i]!.choices!);
  const scored = closed.length === 0 ? [] : await model.scoreMany(promptsOf(closed), choices, given);
  scored.forEach((each, at) => {
    const best = each.reduce((a, b) => (b.logProbability > a.logProbability ? b : a));
    answers.set(closed[at]!, { text: best.text.trim(), scores: each.map(({ logProbability }) => logProbability) });
  });
  return questions.map((_, i) => answers.get(i)!);
}

/** A model that goes on writes the next prompt, which is no part of its answer. */
function answerIn(text: string): string {
  return text.split(/Question:|Answer:|Output:/)[0]!.trim();
}
