import { AnswerError, type Answerer, type AnsweringModel, type AnswerPiece, type ExplainedAnswer, type ModelEvents } from "../answering/answerer.ts";
import type { Picture, Prompt } from "../task/task.ts";
import type { WantedDevice } from "./open-model.ts";
import { WorkerCalls } from "./worker-calls.ts";

/** The model in this page: nothing leaves the machine. */
export class PageAnswerer implements Answerer {
  private readonly wanted: WantedDevice;
  private readonly worker: WorkerCalls;

  constructor(wanted: WantedDevice, events: ModelEvents) {
    this.wanted = wanted;
    this.worker = new WorkerCalls(events);
  }

  model(signal: AbortSignal): Promise<AnsweringModel> {
    return this.worker.call("load", [this.wanted], signal);
  }

  async *answer(prompt: Prompt, signal: AbortSignal): AsyncGenerator<AnswerPiece> {
    const pieces: AnswerPiece[] = [];
    let wake = (): void => undefined;
    const done = this.worker.call("answer", [prompt], signal, (piece) => {
      pieces.push(piece);
      wake();
    });
    const ended = done.then(
      () => true,
      () => true,
    );
    for (let isLast = false; !isLast || pieces.length > 0; ) {
      const next = pieces.shift();
      if (next !== undefined) yield next;
      else isLast = await Promise.race([ended, new Promise<false>((resolve) => (wake = () => resolve(false)))]);
    }
    await done;
  }

  score(prompt: Prompt, choices: readonly string[], signal: AbortSignal): Promise<readonly number[]> {
    return this.worker.call("score", [prompt, choices], signal);
  }

  explain(prompt: Prompt, answer: string, signal: AbortSignal): Promise<ExplainedAnswer> {
    return this.worker.call("explain", [prompt, answer], signal);
  }

  embed(pictures: readonly Picture[], signal: AbortSignal): Promise<readonly Float32Array[]> {
    return this.worker.call("embed", [pictures], signal);
  }

  dispose(): void {
    this.worker.end(new AnswerError("gone", "The model was closed."));
  }
}
