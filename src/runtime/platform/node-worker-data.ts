import { workerData } from "node:worker_threads";

/** What a worker of the runtime is given when it starts. */
export interface RuntimeWorkerData {
  /** See {@link Gate}. */
  readonly gate: Int32Array<SharedArrayBuffer>;
  /** Whether the environment of the process, which a worker cannot change, says already that nothing is reported. */
  readonly telemetryIsOff: boolean;
}

/** Under a name of its own, since threads that others start bring data of theirs. */
export function asWorkerData(flamingoRuntime: RuntimeWorkerData): { flamingoRuntime: RuntimeWorkerData } {
  return { flamingoRuntime };
}

/** Undefined in every thread that is not a worker of the runtime. */
export const runtimeWorkerData = (workerData as { flamingoRuntime?: RuntimeWorkerData } | null)?.flamingoRuntime;
