import { RuntimeError } from "../errors.ts";
import { runtimeWorkerData } from "./node-worker-data.ts";

const busy = 1;
const closed = 2;

/**
 * A thread that is ended while it is inside of ONNX Runtime's binding takes the process with it: the binding then throws where nothing can catch ("terminate called", exit code 134). Node ends workers
 * when their process exits, for whatever reason, without asking them. So whoever exits closes the gates of its workers first: a worker finishes the task at hand, if any, and begins no other. Node waits
 * for as long in any case, since it joins the thread.
 */
export class Gate {
  readonly state = new Int32Array(new SharedArrayBuffer(4));

  constructor() {
    if (gates.size === 0) process.on("exit", closeAll);
    gates.add(this);
  }

  /** The worker is gone. */
  remove(): void {
    gates.delete(this);
    if (gates.size === 0) process.off("exit", closeAll);
  }

  close(): void {
    Atomics.or(this.state, 0, closed);
    while (Atomics.load(this.state, 0) === (busy | closed)) Atomics.wait(this.state, 0, busy | closed);
  }
}

const gates = new Set<Gate>();

function closeAll(): void {
  for (const gate of gates) gate.close();
}

/** Does something with ONNX Runtime. In a worker of the runtime it is not begun once the gate is closed. */
export async function throughGate<Result>(task: () => Result | Promise<Result>): Promise<Result> {
  if (runtimeWorkerData === undefined) return task();
  const { gate } = runtimeWorkerData;
  if (Atomics.compareExchange(gate, 0, 0, busy) !== 0) throw new RuntimeError("the process is ending");
  try {
    return await task();
  } finally {
    Atomics.and(gate, 0, closed);
    Atomics.notify(gate, 0);
  }
}
