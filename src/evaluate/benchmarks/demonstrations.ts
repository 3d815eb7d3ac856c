import { Random } from "../../data/random.ts";
import type { Medium } from "../../generate/medium.ts";
import { unit } from "../../retrieve/vectors.ts";
import type { Question } from "../question.ts";
import type { ShownMedia } from "../shown-media.ts";

/** Chooses the examples that a question is asked after, in their order. */
export type Choose = (query: Question, shots: number) => Promise<readonly Question[]>;

/** Examples that have nothing to do with the question: other ones for each question, the same in every run with the seed. */
export function randomDemonstrations(support: readonly Question[], ...seed: readonly (string | number)[]): Choose {
  return async (query, shots) => drawnFor(query, new Random("demonstrations", ...seed, query.id), support, shots);
}

/** The same random examples for all questions, except where one's own picture is among them: they can be read once. */
export function fixedDemonstrations(support: readonly Question[], ...seed: readonly (string | number)[]): Choose {
  return async (query, shots) => drawnFor(query, new Random("demonstrations", ...seed), support, shots);
}

function drawnFor({ media }: Question, random: Random, support: readonly Question[], shots: number): readonly Question[] {
  // One more, since the question itself may be among them where support and queries share pictures.
  const drawn = random.sample(support, shots + 1);
  const own = media[0]?.path;
  return drawn.filter((each) => own === undefined || each.media[0]?.path !== own).slice(0, shots);
}

/** RICES (Yang et al., 2022): the examples whose pictures are most like the question's by the frozen encoder's features, the most similar last. Questions in words alone have none that are similar. */
export function similarDemonstrations(support: readonly Question[], media: ShownMedia, vectorOf: (medium: Medium) => Promise<Float32Array>): Choose {
  const known = new Map<Question, Promise<Float32Array>>();
  const feature = async (question: Question): Promise<Float32Array> => {
    const [first] = await media.of(question.media.slice(0, 1));
    return first === undefined ? new Float32Array() : unit(await vectorOf(first));
  };
  const remembered = (question: Question): Promise<Float32Array> => {
    const found = known.get(question) ?? feature(question);
    known.set(question, found);
    return found;
  };
  return async (query, shots) => {
    const asked = await feature(query);
    const similar: { readonly question: Question; readonly similarity: number }[] = [];
    for (const question of support) {
      if (question.media[0]?.path === query.media[0]?.path) continue;
      const features = await remembered(question);
      similar.push({ question, similarity: asked.reduce((sum, value, i) => sum + value * (features[i] ?? 0), 0) });
    }
    return shots === 0
      ? []
      : similar
          .toSorted((a, b) => a.similarity - b.similarity)
          .slice(-shots)
          .map(({ question }) => question);
  };
}
