import type { StartWorker } from "./platform.ts";

/** The `#runtime-worker` of browsers. Bundlers find the worker by this very expression. */
export const startWorker: StartWorker = (events) => {
  const worker = new Worker(new URL("../worker.ts", import.meta.url), { type: "module", name: "flamingo-runtime" });
  worker.onmessage = ({ data }) => events.message(data);
  worker.onmessageerror = () => events.failure("an answer of the runtime's worker could not be read");
  worker.onerror = ({ message, filename }) => events.failure(`the runtime's worker failed: ${message || `its script ${filename || ""} could not be loaded`}`);
  return {
    send: (message) => worker.postMessage(message),
    keepAlive: () => {},
    terminate: () => Promise.resolve(worker.terminate()),
  };
};
