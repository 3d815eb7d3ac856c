/** The questions of easy-VQA's test split, after examples of its training split. */
import { Random } from "flamingo-vlm/data";
import type { Answerer, EvaluationCase, OpenSuite, ShownExample, SuiteTask } from "flamingo-vlm/evaluate";
import { type EasyQuestion, makeEasyVqa, readQuestions } from "./make.ts";

const openSuite: OpenSuite = async ({ pictures: folder = "data/easy-vqa", limit, seed, shots: counts = [0, 4, 8], show = () => {} }) => {
  await makeEasyVqa(folder, show);
  const train = await readQuestions(folder, "train");
  const test = await readQuestions(folder, "test");
  const support = train.map(shown);
  // In the file ten questions about each picture follow each other.
  const asked = limit >= test.length ? test : new Random("easy-VQA", seed).sample(test, limit);
  const tasks = counts.map(
    (shots): SuiteTask => ({
      name: "easy-VQA",
      shots,
      chance: 1 / test[0]!.choices!.length,
      cases: asked.map((question, i) => caseOf(question, i, new Random("easy-VQA examples", seed, shots, i).sample(support, shots))),
      // Its most frequent answer is the constant one.
      support,
      baselines: () => [questionAlone(train)],
    }),
  );
  return { tasks, fileOf: (path) => `${folder}/${path}` };
};
export default openSuite;

function shown({ image, question, answer }: EasyQuestion): ShownExample {
  return { media: [{ kind: "image", path: image }], prompt: `Question: ${question} Answer:`, answer: ` ${answer}` };
}

function caseOf(question: EasyQuestion, id: number, shots: readonly ShownExample[]): EvaluationCase {
  return { shots, query: { id, ...shown(question), choices: question.choices!.map((choice) => ` ${choice}`) } };
}

/** What the training split answers most often to the same words, whatever the picture. */
function questionAlone(train: readonly EasyQuestion[]): Answerer {
  const answers = new Map<string, Map<string, number>>();
  for (const each of train.map(shown)) {
    const counts = answers.get(each.prompt) ?? new Map<string, number>();
    counts.set(each.answer.trim(), (counts.get(each.answer.trim()) ?? 0) + 1);
    answers.set(each.prompt, counts);
  }
  const most = (counts: ReadonlyMap<string, number>): string => [...counts].reduce((best, other) => (other[1] > best[1] ? other : best))[0];
  return {
    name: "question alone",
    share: 1,
    answer: (questions) =>
      Promise.resolve(
        questions.map(({ query: { prompt } }) => {
          const counts = answers.get(prompt);
          return counts === undefined ? undefined : { text: most(counts) };
        }),
      ),
  };
}
