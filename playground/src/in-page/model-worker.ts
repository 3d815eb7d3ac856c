/** The worker that holds the model: one thing after the other, so that the page never waits. */
import type { AnsweringModel } from "../answering/answerer.ts";
import { AnswerCalls, answerErrorOf } from "./answer-calls.ts";
import { openModel, type RunningModel, runsOn, type WantedDevice } from "./open-model.ts";
import type { CallArguments, CallName, FromWorker, ToWorker } from "./protocol.ts";

type Give = (piece: Extract<FromWorker, { piece: unknown }>["piece"]) => void;

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
const say = (message: FromWorker): void => scope.postMessage(message);
const asked = new Map<number, AbortController>();
let running: (RunningModel & { readonly calls: AnswerCalls }) | undefined;
let last: Promise<unknown> = Promise.resolve();

scope.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if ("cancel" in data) return asked.get(data.cancel)?.abort();
  const { id, call, arguments: values } = data;
  const controller = new AbortController();
  asked.set(id, controller);
  last = last.then(async () => {
    try {
      if (!controller.signal.aborted) say({ id, value: await served(call, values, controller.signal, (piece) => say({ id, piece })) });
    } catch (error) {
      const { kind, message, place } = answerErrorOf(error);
      if (!controller.signal.aborted) say({ id, failure: { kind, message, place } });
    } finally {
      asked.delete(id);
    }
  });
};

async function served(call: CallName, values: readonly unknown[], signal: AbortSignal, give: Give): Promise<unknown> {
  if (call === "load") return load(...(values as CallArguments<"load">));
  let began = false;
  const ask = (): Promise<unknown> => {
    const { calls } = running!;
    if (call === "answer") {
      return calls.answer(...(values as CallArguments<"answer">), signal, (piece) => {
        began = true;
        give(piece);
      });
    }
    if (call === "score") return calls.score(...(values as CallArguments<"score">), signal);
    if (call === "explain") return calls.explain(...(values as CallArguments<"explain">), signal);
    return calls.embed(...(values as CallArguments<"embed">), signal);
  };
  try {
    return await ask();
  } catch (error) {
    // A graphics card can be lost at any time: what was asked is asked again without it.
    if (signal.aborted || began || running?.model.device !== "webgpu" || answerErrorOf(error).kind !== "failed") throw error;
    await running.model.dispose().catch(() => undefined);
    const note = `WebGPU failed, so WebAssembly is used from now on. (${(error as Error).message})`;
    say({ changed: await load({ device: "wasm" }, [note]) });
    return ask();
  }
}

async function load(wanted: WantedDevice, before: readonly string[] = []): Promise<AnsweringModel> {
  const opened = await openModel(wanted, (done, total) => say({ progress: { done, total } }));
  const { model } = opened;
  const notes = [...before, ...opened.notes];
  running = { model, notes, calls: new AnswerCalls(model) };
  return { name: model.folder.description.name, runsOn: runsOn(model), notes };
}
