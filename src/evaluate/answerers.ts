import { meanFeature } from "../generate/feature-rows.ts";
import type { Flamingo } from "../generate/flamingo-model.ts";
import type { Respondent } from "./answering/respondent.ts";
import { neighbour, wordBaselines } from "./baselines.ts";
import { type Control, controlsOf } from "./controls.ts";
import { hasNeighbours } from "./nearest-neighbour.ts";
import type { Answerer, MediaFile } from "./question.ts";
import type { ShownMedia } from "./shown-media.ts";
import type { SuiteTask } from "./suite.ts";

/** What the model is called in results. */
export const modelName = "model";

const defaultMaxTokens = 20;

export interface AnswererOptions {
  readonly respondent: Respondent;
  readonly media: ShownMedia;
  /** Whose encoder's features tell which examples are most like a question; undefined: nothing is compared with those. */
  readonly encoder: Flamingo | undefined;
  /** Where the respondent is a model of this package itself: tasks may compare it with more. */
  readonly model: Flamingo | undefined;
  readonly seed: number;
  /** Share of the questions that the model is asked again with something taken away: at least one, or none where it is 0. */
  readonly controlShare: number;
  /** All pictures of a suite, where all are known from the start: any may stand in for any. */
  readonly population?: readonly MediaFile[];
}

/** The model and everything that it is compared with in a task. */
export function createAnswerers(options: AnswererOptions): (task: SuiteTask) => readonly Answerer[] {
  const { respondent, media, encoder, model, seed, controlShare, population } = options;
  // Where all pictures are known they are compared once, for all tasks; else only those of the questions that controls are asked.
  const share = population === undefined ? controlShare : 1;
  const given = population === undefined ? {} : { population };
  const neighbours =
    encoder === undefined || share === 0
      ? []
      : [
          neighbour({ name: "nearest by frozen features", share, media, vectorOf: async (medium) => meanFeature(await encoder.embed(medium)), ...given }),
          neighbour({ name: "nearest by pixels", share, media, vectorOf: (medium) => encoder.thumbnail(medium, 16), ...given }),
        ];
  return (task) => {
    const ask = (name: string, asked: number, control?: Control): Answerer => ({
      name,
      share: asked,
      together: respondent.together,
      atOnce: respondent.atOnce,
      answer: (questions, signal) =>
        respondent.ask(control === undefined ? questions : questions.map((question) => control.change(question)), {
          maxTokens: task.maxTokens ?? defaultMaxTokens,
          useMedia: control?.useMedia ?? true,
          ...(signal === undefined ? {} : { signal }),
        }),
    });
    const own = ask(modelName, 1);
    if (task.secret === true) return [own];
    // Other examples, same questions: once is enough to see what is owed to what.
    const controls = controlShare === 0 || (task.trial ?? 0) > 0 ? [] : controlsOf(task, seed, population);
    return [
      own,
      ...controls.map((control) => ask(control.name, controlShare, control)),
      ...wordBaselines(task),
      ...(task.cases.some(({ shots }) => hasNeighbours(shots)) ? neighbours : []),
      ...(task.baselines?.(model, media) ?? []),
    ];
  };
}
