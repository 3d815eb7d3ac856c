import { Worker } from "node:worker_threads";
import { Gate } from "./node-gate.ts";
import { switchTelemetryOff } from "./node-telemetry.ts";
import { asWorkerData } from "./node-worker-data.ts";
import type { StartWorker } from "./platform.ts";

/** The `#runtime-worker` of Node. From sources the worker is TypeScript too, which Node runs by stripping the types. */
export const startWorker: StartWorker = (events) => {
  const fromSource = import.meta.url.endsWith(".ts");
  const execArgv = fromSource ? ["--conditions=flamingo-source", "--disable-warning=ExperimentalWarning"] : [];
  const gate = new Gate();
  const workerData = asWorkerData({ gate: gate.state, telemetryIsOff: switchTelemetryOff() });
  const worker = new Worker(new URL(`../worker.${fromSource ? "ts" : "js"}`, import.meta.url), { execArgv, workerData, name: "flamingo-runtime" });
  worker.unref();
  worker.on("message", events.message);
  worker.on("messageerror", (error) => events.failure(`an answer of the runtime's worker could not be read: ${error.message}`));
  worker.on("error", (error) => events.failure(`the runtime's worker failed: ${error instanceof Error ? error.message : String(error)}`));
  worker.on("exit", (code) => {
    gate.remove();
    events.failure(`the runtime's worker ended with exit code ${code}`);
  });
  return {
    send: (message) => worker.postMessage(message),
    keepAlive: (alive) => (alive ? worker.ref() : worker.unref()),
    async terminate() {
      await worker.terminate();
    },
  };
};
