/** Answers in the forms that other tools read. */
import { modelName } from "../answerers.ts";
import type { Answered, Question } from "../question.ts";
import type { WrittenResult } from "../results.ts";

/** What the evaluation server of a benchmark takes: `[{question_id, answer}]`, unless the benchmark says otherwise. */
export function submission(answered: readonly Answered[], submitted: (answered: Answered) => unknown): string {
  return `${JSON.stringify(answered.map(submitted), undefined, 1)}\n`;
}

/** As lmms-eval logs samples (`*_samples_*.jsonl`, version 0.7). */
export function lmmsEvalSamples(answered: readonly Answered[]): string {
  const line = ({ question, answer }: Answered, place: number): object => ({
    doc_id: place,
    target: question.answer.trim(),
    filtered_resps: [answer.text],
    input: question.prompt,
    submission: { question_id: question.id, answer: answer.text },
  });
  return answered.map((each, place) => `${JSON.stringify(line(each, place))}\n`).join("");
}

/** As VL-ICL Bench writes results (`results/DATASET/ENGINE_N-shot.json`). */
export function vlIclResults(answered: readonly Answered[]): string {
  const item = ({ question, answer }: Answered): object => ({
    id: question.id,
    image: pathsOf(question),
    question: question.prompt,
    answer: question.answer.trim(),
    prediction: answer.text,
  });
  return `${JSON.stringify(answered.map(item), undefined, 4)}\n`;
}

function pathsOf({ media }: Question): string[] {
  return media.map(({ path }) => path);
}

/** What OpenFlamingo's evaluation calls benchmarks. */
const openFlamingoNames: Readonly<Record<string, string>> = {
  COCO: "coco",
  Flickr30k: "flickr30",
  "OK-VQA": "ok_vqa",
  VQAv2: "vqav2",
  VizWiz: "vizwiz",
  TextVQA: "textvqa",
  ImageNet: "imagenet",
  HatefulMemes: "hateful_memes",
};
/** Of these it writes shares, of all else percentages. */
const shares: readonly string[] = ["imagenet", "hateful_memes"];

/** OpenFlamingo's `results.json`: of every benchmark and number of shots each trial's figure, their mean and their deviation; by its own scorer where that is another. */
export function openFlamingoResults(results: readonly WrittenResult[]): string {
  const ofModel = results.filter(({ answerer, measures }) => answerer === modelName && measures !== undefined);
  const tasks = [...Map.groupBy(ofModel, ({ task }) => task)].map(([task, of]) => {
    const name = openFlamingoNames[task] ?? task;
    const runs = [...Map.groupBy(of, ({ shots }) => shots)].map(([count, trials]) => {
      const figures = trials.map(({ measures }) => (measures!["as OpenFlamingo"] ?? Object.values(measures!)[0]!).value / (shares.includes(name) ? 100 : 1));
      const mean = figures.reduce((sum, each) => sum + each, 0) / figures.length;
      // As numpy has it, over all trials.
      const stddev = Math.sqrt(figures.reduce((sum, each) => sum + (each - mean) ** 2, 0) / figures.length);
      return { shots: count, trials: figures, mean, stddev };
    });
    return [name, runs] as const;
  });
  return `${JSON.stringify(Object.fromEntries(tasks))}\n`;
}
