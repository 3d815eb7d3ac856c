import type { AnswerLine, PredictionLog, TaskLine } from "./predictions.ts";
import type { TaskHashes } from "./provenance.ts";
import type { Answer } from "./question.ts";
import type { SuiteTask } from "./suite.ts";

/** Answers of a run on their way into a log and out of it. */
export class RunLog {
  /** The tasks that were begun, with the hashes of what was asked. */
  readonly tasks: TaskLine[] = [];
  private readonly hashes: TaskHashes;
  private readonly log: PredictionLog | undefined;

  /** @param log - undefined: nothing is kept, only the tasks are hashed */
  constructor(hashes: TaskHashes, log: PredictionLog | undefined) {
    this.hashes = hashes;
    this.log = log;
  }

  async begin(task: SuiteTask): Promise<void> {
    const line = await this.hashes.of(task);
    this.tasks.push(line);
    await this.log?.begin(line);
  }

  known({ name, shots, trial = 0 }: SuiteTask, answerer: string): ReadonlyMap<number, Answer> {
    const lines = this.log?.known({ task: name, shots, trial, answerer }) ?? new Map<number, AnswerLine>();
    return new Map([...lines].map(([place, line]) => [place, answerOf(line)]));
  }

  async append(
    { name, shots, trial = 0, cases }: SuiteTask,
    answerer: string,
    answers: readonly { readonly place: number; readonly answer: Answer }[],
  ): Promise<void> {
    await this.log?.append(
      answers.map(({ place, answer: { text, scores, ranked, usage, refused } }) => ({
        ...{ task: name, shots, trial, answerer, place, id: cases[place]!.query.id, text },
        ...(scores === undefined ? {} : { scores: [...scores] }),
        ...(ranked === undefined ? {} : { ranked }),
        ...(usage === undefined ? {} : { usage }),
        ...(refused === undefined ? {} : { refused }),
      })),
    );
  }

  async finish(): Promise<void> {
    await this.log?.finish();
  }
}

/** What a line of a predictions file says. */
export function answerOf({ text, scores, ranked, usage, refused }: AnswerLine): Answer {
  return {
    text,
    ...(scores === undefined ? {} : { scores }),
    ...(ranked === undefined ? {} : { ranked }),
    ...(usage === undefined ? {} : { usage }),
    ...(refused === undefined ? {} : { refused }),
  };
}
