import type { StartWorker } from "./platform.ts";

/** The `#runtime-worker` of browsers. Bundlers find the worker by this very expression; in a checkout Vite takes the `.ts` file for it. */
export const startWorker: StartWorker = (events) => {
  const worker = new Worker(new URL("../worker.js", import.meta.url), { type: "module", name: "flamingo-runtime" });
  worker.onmessage = ({ data }) => events.message(data);
  worker.onmessageerror = () => events.failure("an answer of the runtime's worker could not be read");
  worker.onerror = ({ message }) => events.failure(`the runtime's worker failed: ${message || notLoaded}`);
  return {
    send: (message) => worker.postMessage(message),
    keepAlive: () => {},
    terminate: () => Promise.resolve(worker.terminate()),
  };
};

// A browser does not tell more than that.
const notLoaded =
  'its script could not be loaded. Did the bundler leave it out? It has to follow `new Worker(new URL("…", import.meta.url))`; Vite before version 8 needs optimizeDeps: { exclude: ["flamingo-vlm"] } and worker: { format: "es" } in its config';
