import { Random } from "../../data/random.ts";
import type { Medium } from "../../generate/medium.ts";
import { FeatureIndex } from "../../retrieve/feature-index.ts";
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

/**
 * RICES (Yang et al., 2022): the examples whose pictures are most like the question's by the frozen encoder's features, the most similar last. Questions in words alone have none that are similar.
 */
export function similarDemonstrations(support: readonly Question[], media: ShownMedia, vectorOf: (medium: Medium) => Promise<Float32Array>): Similar {
  const pictured = support.filter((each) => each.media.length > 0);
  const feature = async ({ media: [file] }: Question): Promise<Float32Array> => unit(await vectorOf((await media.of([file!]))[0]!));
  let opened: Promise<FeatureIndex> | undefined;
  const open = async (): Promise<FeatureIndex> => {
    const first = await feature(pictured[0]!);
    const rows = new Float32Array(pictured.length * first.length);
    for (const [i, each] of pictured.entries()) rows.set(i === 0 ? first : await feature(each), i * first.length);
    return FeatureIndex.open({ count: pictured.length, width: first.length, rows });
  };
  return {
    async choose(query, shots) {
      if (shots === 0 || query.media.length === 0 || pictured.length === 0) return [];
      opened ??= open();
      const own = query.media[0]!.path;
      // Where support and queries share pictures the question's own may be found as often as it has questions.
      for (let count = shots + 1; ; count = Math.min(2 * count, pictured.length)) {
        const [found] = await (await opened).nearest(await feature(query), count);
        const others = found!.map(({ place }) => pictured[place]!).filter((each) => each.media[0]!.path !== own);
        if (others.length >= shots || count >= pictured.length) return others.slice(0, shots).toReversed();
      }
    },
    dispose: async () => (await opened)?.dispose(),
  };
}

/** Examples that are found by likeness, until they are not needed any more. */
export interface Similar {
  readonly choose: Choose;
  dispose(): Promise<void>;
}
