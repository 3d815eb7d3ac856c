/** The same questions with something taken away: what a model reaches then, it does not owe to that. */
import { Random } from "../data/random.ts";
import type { EvaluationCase, MediaFile, ShownExample } from "./question.ts";
import { blank, mediaKey } from "./shown-media.ts";
import type { SuiteTask } from "./suite.ts";

export interface Control {
  readonly name: string;
  change(question: EvaluationCase): EvaluationCase;
  /** false: no picture is seen. Default: true. */
  readonly useMedia?: boolean;
}

/** What the controls are called. The last are its examples without their pictures: what the model reaches beyond that, it owes to them. */
export const controlNames = {
  shuffled: "shuffled pictures",
  blank: "blank pictures",
  none: "no pictures",
  wrong: "wrong labels",
  inWords: "examples in words alone",
} as const;

/** Whether an answerer is the model itself with something taken away, and no rival of its. */
export function isControl(answerer: string): boolean {
  return Object.values<string>(controlNames).includes(answerer);
}

/**
 * What can be taken away from a task's questions.
 * @param pictures - any of which may be shown in the place of any. Default: the task's own
 */
export function controlsOf({ cases, shots, support }: SuiteTask, seed: number, pictures: readonly MediaFile[] = mediaOf(cases)): Control[] {
  const answers = [...new Set((support ?? cases.flatMap((each) => each.shots)).map(({ answer }) => answer))];
  const keyOf = ({ query }: EvaluationCase): string => (query.media[0] === undefined ? String(query.id) : mediaKey(query.media[0]));
  const kinds = Map.groupBy(pictures, ({ kind }) => kind);
  const shuffled: Control = {
    name: controlNames.shuffled,
    change: (question) =>
      withMedia(question, (file, place) => new Random("shuffled", seed, keyOf(question), mediaKey(file), place).pick(kinds.get(file.kind) ?? [file])),
  };
  const seen: Control[] = [
    shuffled,
    { name: controlNames.blank, change: (question) => withMedia(question, () => blank) },
    { name: controlNames.none, change: (question) => withMedia(question, () => blank), useMedia: false },
  ];
  const wrong: Control = {
    name: controlNames.wrong,
    change: (question) => ({
      ...question,
      shots: question.shots.map((shot, place) => {
        const others = (question.query.choices ?? answers).filter((answer) => answer.trim() !== shot.answer.trim());
        return others.length === 0 ? shot : { ...shot, answer: new Random("wrong labels", seed, question.query.id, place).pick(others) };
      }),
    }),
  };
  const inWords: Control = {
    name: controlNames.inWords,
    change: (question) => ({ ...question, shots: question.shots.map((shot) => ({ ...shot, media: [] })) }),
  };
  const labelled = shots > 0 && (answers.length > 1 || cases.some(({ query }) => query.choices !== undefined));
  const pictured = shots > 0 && cases.some((each) => each.shots.some(({ media }) => media.length > 0));
  return [...(pictures.length > 0 ? seen : []), ...(labelled ? [wrong] : []), ...(pictured ? [inWords] : [])];
}

/** @param show - given each medium with its place among all of the question */
function withMedia({ shots, query }: EvaluationCase, show: (file: MediaFile, place: number) => MediaFile): EvaluationCase {
  let place = 0;
  const changed = <Shown extends ShownExample>(example: Shown): Shown => ({ ...example, media: example.media.map((file) => show(file, place++)) });
  return { shots: shots.map(changed), query: changed(query) };
}

/** All media that occur in questions. */
export function mediaOf(cases: Iterable<EvaluationCase>): MediaFile[] {
  const media = new Map<string, MediaFile>();
  for (const { shots, query } of cases) for (const each of [...shots, query]) for (const file of each.media) media.set(mediaKey(file), file);
  return [...media.values()];
}
