import { AnswerError, type AnswerPiece, type ModelEvents } from "../answering/answerer.ts";
import type { CallArguments, CallName, CallResult, FromWorker, ToWorker } from "./protocol.ts";

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly piece: ((piece: AnswerPiece) => void) | undefined;
}

/** The worker that holds the model, called by messages. */
export class WorkerCalls {
  private readonly worker = new Worker(new URL("./model-worker.ts", import.meta.url), { type: "module", name: "flamingo-model" });
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;
  private failure: AnswerError | undefined;

  constructor({ progress, changed }: ModelEvents) {
    this.worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if ("progress" in data) return progress(data.progress);
      if ("changed" in data) return changed(data.changed);
      const waiting = this.waiting.get(data.id);
      if ("piece" in data) return waiting?.piece?.(data.piece);
      this.waiting.delete(data.id);
      if ("failure" in data) waiting?.reject(new AnswerError(data.failure.kind, data.failure.message, data.failure.place));
      else waiting?.resolve(data.value);
    };
    this.worker.onerror = ({ message }) =>
      this.end(new AnswerError("failed", `The part of the page that holds the model failed: ${message || "it could not be loaded"}.`));
  }

  /** @throws AnswerError; what `signal` was aborted with */
  call<Name extends CallName>(call: Name, values: CallArguments<Name>, signal: AbortSignal, piece?: (piece: AnswerPiece) => void): Promise<CallResult<Name>> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      if (this.failure !== undefined) throw this.failure;
      const id = ++this.lastId;
      this.waiting.set(id, { resolve: resolve as Waiting["resolve"], reject, piece });
      signal.addEventListener("abort", () => {
        if (!this.waiting.delete(id)) return;
        this.send({ cancel: id });
        reject(signal.reason);
      });
      this.send({ id, call, arguments: values });
    });
  }

  /** Ends the worker, the model's memory with it. */
  end(why: AnswerError): void {
    this.failure = why;
    this.worker.terminate();
    for (const { reject } of this.waiting.values()) reject(why);
    this.waiting.clear();
  }

  private send(message: ToWorker): void {
    this.worker.postMessage(message);
  }
}
