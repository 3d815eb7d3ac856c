/** What answers without a language model, and what a model has to surpass. */
import type { Medium } from "../generate/medium.ts";
import { mediaOf } from "./controls.ts";
import { nearestAnswer, type Representation, standardised } from "./nearest-neighbour.ts";
import type { Answerer, MediaFile, ShownExample } from "./question.ts";
import { mediaKey, type ShownMedia } from "./shown-media.ts";
import type { SuiteTask } from "./suite.ts";

/** The answers that need nothing but the examples' words. */
export function wordBaselines({ cases, shots, support }: SuiteTask): Answerer[] {
  const all = support ?? cases.flatMap((each) => each.shots);
  const constant = mostFrequent(all);
  return [
    ...(constant === undefined ? [] : [saying("constant answer", () => constant)]),
    ...(shots === 0 ? [] : [saying("majority of the examples", (examples) => mostFrequent(examples))]),
  ];
}

function saying(name: string, say: (examples: readonly ShownExample[]) => string | undefined): Answerer {
  const answer = (text: string | undefined): { text: string } | undefined => (text === undefined ? undefined : { text: text.trim() });
  return { name, share: 1, answer: (questions) => Promise.resolve(questions.map(({ shots }) => answer(say(shots)))) };
}

/** Of equally frequent answers the one that came last, which is the nearest where examples are chosen by likeness. */
function mostFrequent(examples: readonly ShownExample[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { answer } of examples) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return examples.findLast(({ answer }) => counts.get(answer) === most)?.answer;
}

export interface NeighbourOptions {
  readonly name: string;
  readonly share: number;
  readonly media: ShownMedia;
  /** What a medium is compared by. */
  readonly vectorOf: (medium: Medium) => Promise<Float32Array>;
  /** Over which each feature gets the same spread. Default: those of the questions that are asked. */
  readonly population?: readonly MediaFile[];
}

/** Answers as the example was answered that is most like the question, by the first medium of each. */
export function neighbour({ name, share, media, vectorOf, population }: NeighbourOptions): Answerer {
  const known = new Map<string, Float32Array>();
  let everywhere: Representation | undefined;
  const represent = async (files: readonly MediaFile[]): Promise<Representation> => {
    for (const file of files) {
      const key = mediaKey(file);
      if (!known.has(key)) known.set(key, await vectorOf((await media.of([file]))[0]!));
    }
    return standardised(new Map(files.map((file) => [mediaKey(file), known.get(mediaKey(file))!])));
  };
  return {
    name,
    share,
    async answer(questions) {
      if (population !== undefined) everywhere ??= await represent(population);
      const by = everywhere ?? (await represent(mediaOf(questions)));
      return questions.map((question) => {
        const text = nearestAnswer(question, by);
        return text === undefined ? undefined : { text: text.trim() };
      });
    },
  };
}
