import { Random } from "../../data/random.ts";
import type { Medium } from "../../generate/medium.ts";
import { FeatureIndex, type FeatureRows } from "../../retrieve/feature-index.ts";
import { unit } from "../../retrieve/vectors.ts";
import type { MediaFile, Question } from "../question.ts";
import { mediaKey, type ShownMedia } from "../shown-media.ts";

/** Chooses the examples that each of several questions is asked after, in their order. */
export type Choose = (queries: readonly Question[], shots: number) => Promise<readonly (readonly Question[])[]>;

/** Examples that have nothing to do with the question: other ones for each question, the same in every run with the seed. */
export function randomDemonstrations(support: readonly Question[], ...seed: readonly (string | number)[]): Choose {
  return async (queries, shots) => queries.map((query) => drawnFor(query, new Random("demonstrations", ...seed, query.id), support, shots));
}

/** The same random examples for all questions, except where one's own picture is among them: they can be read once. */
export function fixedDemonstrations(support: readonly Question[], ...seed: readonly (string | number)[]): Choose {
  return async (queries, shots) => queries.map((query) => drawnFor(query, new Random("demonstrations", ...seed), support, shots));
}

function drawnFor({ media }: Question, random: Random, support: readonly Question[], shots: number): readonly Question[] {
  // One more, since the question itself may be among them where support and queries share pictures.
  const drawn = random.sample(support, shots + 1);
  const own = media[0]?.path;
  return drawn.filter((each) => own === undefined || each.media[0]?.path !== own).slice(0, shots);
}

/** Examples that are found by likeness, until they are not needed any more. */
export interface Similar {
  readonly choose: Choose;
  dispose(): Promise<void>;
}

export interface SimilarOptions {
  readonly media: ShownMedia;
  /** What pictures are compared by: of each medium [width]. */
  readonly vectorsOf: (media: readonly Medium[]) => Promise<readonly Float32Array[]>;
  /** Where the features of the examples' pictures lie, if they are kept. Default: in memory. */
  readonly keep?: KeepFeatures;
}

/**
 * Features that were made before, or are made now.
 * @param pictures - whose they are, in their order
 * @param rowsFrom - the next rows from a place on, of length 1; none when there are no more
 */
export type KeepFeatures = (pictures: readonly MediaFile[], rowsFrom: (place: number) => Promise<readonly Float32Array[]>) => Promise<FeatureRows>;

/** Pictures that are encoded together, and questions that are compared together. */
const [encodedTogether, askedTogether] = [32, 1024];

/**
 * RICES (Yang et al., 2022): the examples whose pictures are most like the question's by the frozen encoder's features, the most similar last. Questions in words alone have none that are similar.
 */
export function similarDemonstrations(support: readonly Question[], { media, vectorsOf, keep = inMemory }: SimilarOptions): Similar {
  // Each picture is compared once, however many questions there are about it.
  const pictures = [
    ...Map.groupBy(
      support.filter((each) => each.media.length > 0),
      (each) => mediaKey(each.media[0]!),
    ).values(),
  ];
  const featuresOf = async (files: readonly MediaFile[]): Promise<Float32Array[]> => (await vectorsOf(await media.of(files))).map(unit);
  const shown = pictures.map(([first]) => first!.media[0]!);
  const open = async (): Promise<FeatureIndex> => {
    const rows = await keep(shown, (place) => featuresOf(shown.slice(place, place - (place % encodedTogether) + encodedTogether)));
    return FeatureIndex.open(rows);
  };
  let opened: Promise<FeatureIndex> | undefined;
  const known = new Map<string, Float32Array>();
  /** Encodes what was not encoded before: questions may share pictures, and are asked after several numbers of examples. */
  const learn = async (queries: readonly Question[]): Promise<void> => {
    const unknown = [...new Map(queries.map(({ media: [file] }) => [mediaKey(file!), file!]))].filter(([key]) => !known.has(key));
    for (let at = 0; at < unknown.length; at += encodedTogether) {
      const some = unknown.slice(at, at + encodedTogether);
      const vectors = await featuresOf(some.map(([, file]) => file));
      some.forEach(([key], i) => known.set(key, vectors[i]!));
    }
  };
  const nearest = async (queries: readonly Question[], count: number): Promise<(readonly Question[])[]> => {
    const vectors = queries.map(({ media: [file] }) => known.get(mediaKey(file!))!);
    const found = await (await opened!).nearest(joined(vectors), count);
    return found.map((of, i) => of.flatMap(({ place }) => pictures[place]!).filter((each) => each.media[0]!.path !== queries[i]!.media[0]!.path));
  };
  return {
    async choose(queries, shots) {
      if (shots === 0 || pictures.length === 0) return queries.map(() => []);
      opened ??= open();
      const chosen = new Map<Question, readonly Question[]>();
      const asking = queries.filter((query) => query.media.length > 0);
      for (let at = 0; at < asking.length; at += askedTogether) {
        let left = asking.slice(at, at + askedTogether);
        await learn(left);
        // Where support and queries share pictures the question's own may be among those that are found.
        for (let count = Math.min(shots + 1, pictures.length); left.length > 0; count = Math.min(2 * count, pictures.length)) {
          const found = await nearest(left, count);
          const enough = (of: readonly Question[]): boolean => of.length >= shots || count === pictures.length;
          left.forEach((query, i) => enough(found[i]!) && chosen.set(query, found[i]!.slice(0, shots).toReversed()));
          left = left.filter((_, i) => !enough(found[i]!));
        }
      }
      return queries.map((query) => chosen.get(query) ?? []);
    },
    dispose: async () => (await opened)?.dispose(),
  };
}

const inMemory: KeepFeatures = async (pictures, rowsFrom) => {
  const vectors: Float32Array[] = [];
  while (vectors.length < pictures.length) vectors.push(...(await rowsFrom(vectors.length)));
  return { count: vectors.length, width: vectors[0]!.length, rows: joined(vectors) };
};

function joined(vectors: readonly Float32Array[]): Float32Array {
  const width = vectors[0]!.length;
  const rows = new Float32Array(vectors.length * width);
  vectors.forEach((vector, i) => rows.set(vector, i * width));
  return rows;
}
