import type { Flamingo, Medium } from "flamingo-vlm";
import type { Answer, Answerer, ShownMedia } from "flamingo-vlm/evaluate";
import { imagenetClasses, nameOf, naming } from "../classes/class-names.ts";
import { unsure, withArticle } from "../things/concept.ts";

/** What the frozen encoder's own classifier says, as narrow a name as its probabilities bear: what a model can learn to say that reads nothing else. None where a server is asked, or the encoder has no classifier of ImageNet's classes. */
export function classifierBaseline(model: Flamingo | undefined, media: ShownMedia): Answerer[] {
  if (model === undefined) return [];
  const { vision } = model.folder.config;
  if (!("classes" in vision) || vision.classes !== imagenetClasses) return [];
  return [
    {
      name: "the encoder's classifier",
      share: 1,
      async answer(questions) {
        const answers: Answer[] = [];
        for (const { query } of questions) {
          const [shown] = await media.of(query.media);
          const said = nameOf(await classProbabilities(model, shown!), naming);
          answers.push({ text: withArticle(said?.name ?? unsure) });
        }
        return answers;
      },
    },
  ];
}

/** Probabilities of ImageNet's classes. @throws Error when the model's encoder has no classifier of them */
export async function classProbabilities(model: Flamingo, medium: Medium): Promise<Float32Array> {
  const probabilities = await model.classify(medium);
  if (probabilities?.data.length !== imagenetClasses)
    throw new Error(`the model ${model.folder.description.name} has no classifier of ${imagenetClasses} classes`);
  return probabilities.data as Float32Array;
}
