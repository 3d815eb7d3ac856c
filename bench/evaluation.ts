/** The harness itself: what shared examples save it, and whether it becomes slower while a run goes on. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Random } from "../src/data/random.ts";
import { modelName } from "../src/evaluate/answerers.ts";
import { LocalModel } from "../src/evaluate/answering/local-model.ts";
import { answerIn, type Respondent } from "../src/evaluate/answering/respondent.ts";
import { evaluateTasks } from "../src/evaluate/evaluate-tasks.ts";
import { openPredictionLog } from "../src/evaluate/platform/node-prediction-log.ts";
import { TaskHashes } from "../src/evaluate/provenance.ts";
import type { Answerer, EvaluationCase, MediaFile } from "../src/evaluate/question.ts";
import { RunLog } from "../src/evaluate/run-log.ts";
import { ShownMedia } from "../src/evaluate/shown-media.ts";
import type { SuiteTask } from "../src/evaluate/suite.ts";
import { type Example, Flamingo } from "../src/index.ts";
import type { Figure } from "./measure.ts";

const [queries, shots, maxTokens] = [200, 8, 8];
/** Of the runs whose speed is watched: with an answerer that needs no time, and with a model. */
const many = { instant: 100_000, nano: 3000 } as const;
/** Edges of pictures: of the runs that are compared, and of those that are watched, which are many. */
const [edge, smallEdge] = [192, 64];

export async function evaluationFigures(): Promise<readonly Figure[]> {
  const model = await Flamingo.load("nano", { device: "cpu", worker: false });
  try {
    const examples = Array.from({ length: shots }, (_, i) => ({ media: [file(i)], prompt: "", answer: i % 2 === 0 ? "a dax" : "a blick" }));
    const asked = taskOf(queries, (i) => ({ shots: examples, query: { id: i, media: [file(1000 + i)], prompt: "", answer: "a dax" } }));
    // Each run encodes every picture itself.
    const shared = await timed(asked, (media) => new LocalModel(model, media, 1));
    const anew = await timed(asked, (media) => readingAnew(model, media));
    const chosen = taskOf(many.nano, (i) => ({
      shots: [],
      query: { id: i, media: [file(2000 + i)], prompt: "", answer: "a dax", choices: ["a dax", "a blick"] },
    }));
    const instant = taskOf(many.instant, (i) => ({ shots: [], query: { id: i, media: [], prompt: `Question ${i}:`, answer: "yes" } }));
    const steady = await rates(chosen, (media) => new LocalModel(model, media, 1));
    const alone = await rates(instant, () => new InstantAnswers());
    return [
      { name: `an evaluation of ${queries} questions after the same ${shots} examples, which are read once`, value: shared / 1000, unit: "s" },
      { name: "the same, each question reading the examples again", value: anew / 1000, unit: "s" },
      { name: "shared examples over examples read again: times faster", value: anew / shared, unit: "" },
      { name: `questions a second, the last tenth of ${many.nano} over the first, nano`, value: steady.clock, unit: "", target: "at least 0.9" },
      { name: "the same by the processor's time", value: steady.computed, unit: "", target: "at least 0.9" },
      { name: `the same of ${many.instant} that are answered in no time`, value: alone.computed, unit: "", target: "at least 0.9" },
      { name: "their rate: what the harness and the disk allow", value: alone.rate, unit: "/s" },
    ];
  } finally {
    await model.dispose();
  }
}

const file = (seed: number): MediaFile => ({ kind: "image", path: String(seed) });

function taskOf(count: number, of: (i: number) => EvaluationCase): SuiteTask {
  return { name: "bench", shots: 0, maxTokens, isRight: () => true, cases: Array.from({ length: count }, (_, i) => of(i)) };
}

/** Pictures of noise, each decoded already. */
function noise(size: number): ShownMedia {
  return new ShownMedia({
    fileOf: (path) => {
      const random = new Random("bench", Number(path));
      return { width: size, height: size, data: Uint8ClampedArray.from({ length: size * size * 3 }, () => random.integer(0, 255)) };
    },
  });
}

type Open = (media: ShownMedia) => Respondent;

/** When a question was answered, in milliseconds from the first request on: by the clock, and by how long this process has computed. */
interface Moment {
  readonly clock: number;
  readonly computed: number;
}

async function run(task: SuiteTask, open: Open, size: number): Promise<Moment[]> {
  const folder = await mkdtemp(join(tmpdir(), "flamingo-bench-"));
  const shown = noise(size);
  const respondent = open(shown);
  const answerer: Answerer = {
    ...{ name: modelName, share: 1, together: respondent.together },
    answer: (questions) => respondent.ask(questions, { maxTokens, useMedia: true }),
  };
  const log = await openPredictionLog(join(folder, "run.jsonl"), {});
  try {
    const times: Moment[] = [];
    let started: Moment | undefined;
    const answererOf = (): Answerer[] => {
      started = now();
      return [answerer];
    };
    for await (const event of evaluateTasks([task], answererOf, { log: new RunLog(new TaskHashes(shown), log) }))
      if (event.type === "answered") times.push(since(started!));
    return times;
  } finally {
    await log.close();
    await respondent.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}

function now(): Moment {
  const { user, system } = process.cpuUsage();
  return { clock: performance.now(), computed: (user + system) / 1000 };
}

function since(started: Moment): Moment {
  const { clock, computed } = now();
  return { clock: clock - started.clock, computed: computed - started.computed };
}

async function timed(task: SuiteTask, open: Open): Promise<number> {
  return (await run(task, open, edge)).at(-1)!.clock;
}

/** How much faster the last tenth of a run is than the first, 1: as fast; and questions a second over all. */
async function rates(task: SuiteTask, open: Open): Promise<Moment & { readonly rate: number }> {
  // Graphs are compiled, and code is, before anything counts.
  await run({ ...task, cases: task.cases.slice(0, 320) }, open, smallEdge);
  const times = await run(task, open, smallEdge);
  const tenth = Math.floor(times.length / 10);
  const ratio = (by: keyof Moment): number => times[tenth - 1]![by] / (times.at(-1)![by] - times.at(-1 - tenth)![by]);
  return { clock: ratio("clock"), computed: ratio("computed"), rate: (1000 * times.length) / times.at(-1)!.clock };
}

/** As the harness asks, but for support sets. */
function readingAnew(model: Flamingo, shown: ShownMedia): Respondent {
  const usual = new LocalModel(model, shown, 1);
  return {
    together: usual.together,
    atOnce: 1,
    async ask(questions) {
      const prompts = [];
      for (const { shots: before, query } of questions) {
        const examples: Example[] = [];
        for (const { media: files, answer } of before) examples.push({ media: await shown.of(files), text: answer });
        prompts.push([...examples, ...(await shown.of(query.media))]);
      }
      return (await model.generateTexts(prompts, { maxTokens })).map((text) => ({ text: answerIn(text) }));
    },
    dispose: () => usual.dispose(),
  };
}

class InstantAnswers implements Respondent {
  readonly together = 32;
  readonly atOnce = 1;

  async ask(questions: readonly EvaluationCase[]): Promise<{ text: string }[]> {
    return questions.map(() => ({ text: "yes" }));
  }

  async dispose(): Promise<void> {}
}
