/** Drawn shapes: which of two it is after examples, and what may be said of it. */
import { captionOf, draw, kinds, nameOf, type Scene, sceneOf } from "../../../recipes/ablation/shapes.ts";
import { Random } from "../../../src/data/random.ts";
import { captionMeasures, type OpenSuite, type ShownExample } from "../../../src/evaluate/evaluate.ts";

const openSuite: OpenSuite = ({ limit, seed }) => {
  const scenes: Scene[] = [];
  const shown = (scene: Scene, answer: string): ShownExample => ({
    media: [{ kind: "image", path: String(scenes.push(scene) - 1) }],
    prompt: "",
    answer: ` ${answer}`,
  });
  const random = new Random("tiny", seed);
  const places = Array.from({ length: limit }, (_, id) => id);
  const tasks = [
    {
      name: "shapes",
      shots: 2,
      cases: places.map((id) => {
        const [one, other] = random.sample(kinds, 2).map((kind) => sceneOf(kind, random));
        const shots = [one!, other!].map((scene) => shown(scene, nameOf(scene)));
        return { shots, query: { id, ...shown(one!, nameOf(one!)), choices: shots.map(({ answer }) => answer) } };
      }),
    },
    {
      name: "captions",
      shots: 1,
      maxTokens: 6,
      cases: places.map((id) => {
        const [one, other] = random.sample(kinds, 2).map((kind) => sceneOf(kind, random));
        return { shots: [shown(one!, captionOf(one!))], query: { id, ...shown(other!, captionOf(other!)) } };
      }),
      measure: (answered: Parameters<NonNullable<Awaited<ReturnType<OpenSuite>>["tasks"][number]["measure"]>>[0]) =>
        captionMeasures(answered.map((each) => ({ ...each, truth: [each.question.answer] }))),
    },
  ];
  return Promise.resolve({ tasks, fileOf: (path: string) => draw(scenes[Number(path)]!, { across: 0, down: 0 }, 32) });
};
export default openSuite;
