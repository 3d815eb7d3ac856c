import { isMainThread } from "node:worker_threads";
import { RuntimeError } from "../errors.ts";
import { runtimeWorkerData } from "./node-worker-data.ts";

const variable = "ORT_DISABLE_TELEMETRY";

/** How long the main thread may be busy with something else before it is given up, in milliseconds. */
const patience = 10_000;

/**
 * ONNX Runtime reports by itself from the first session on, on Linux and macOS: it reads the machine's id and the command line (and crashes on a long one), keeps a database in the user's cache and asks for
 * a host of its maker. It asks the environment of the process whether it may, and no later call takes that back. So this comes before the library is loaded, whatever the variable said.
 * @returns whether that is known at once; only the main thread's `process.env` is the environment that the library sees
 */
export function switchTelemetryOff(): boolean {
  // Other threads may read the environment meanwhile, so it is written no more often than needed.
  if (isMainThread && process.env[variable] !== "1") process.env[variable] = "1";
  return isMainThread || runtimeWorkerData?.telemetryIsOff === true;
}

/**
 * The same from a thread that the caller's program started. The inspector is the one way into the main thread that needs no help of the program.
 * @throws RuntimeError when the main thread does not answer
 */
export async function switchTelemetryOffFromAnyThread(): Promise<void> {
  if (switchTelemetryOff()) return;
  const { Session } = await import("node:inspector/promises");
  const session = new Session();
  let alarm: NodeJS.Timeout | undefined;
  try {
    session.connectToMainThread();
    const late = new Promise<never>((_, reject) => {
      alarm = setTimeout(() => reject(new Error("the main thread does not answer")), patience);
    });
    const { exceptionDetails } = await Promise.race([session.post("Runtime.evaluate", { expression: `void (process.env.${variable} = "1")` }), late]);
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.text);
  } catch (error) {
    // Set before the program began, it is in this thread's copy as well.
    if (process.env[variable] === "1") return;
    throw new RuntimeError(
      `ONNX Runtime would report to its maker, which this worker thread cannot switch off (${(error as Error).message}): set ${variable}=1 where the program is started`,
    );
  } finally {
    clearTimeout(alarm);
    session.disconnect();
  }
}
