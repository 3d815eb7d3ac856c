import { Worker } from "node:worker_threads";
import type { MpiLibrary } from "./node-mpi-library.ts";

export interface HeartbeatOptions {
  /** File of the MPI library, which this process has begun already. */
  readonly library: string;
  readonly rank: number;
  /** What messages call the ranks. */
  readonly names: readonly string[];
  /** Seconds after which a rank that is not heard is taken for dead. */
  readonly silence: number;
}

/** Marks its messages. */
const tag = 1;

/**
 * Signs of life between rank 0 and each other rank, in a thread of their own: a rank that computes for long is alive, one whose link is down or whose process is stopped is not, and MPI
 * itself would wait for it for ever. Whoever misses another says so and kills its own process, which ends the job.
 */
export class Heartbeat {
  readonly #worker: Worker;
  readonly #options: HeartbeatOptions;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    const fromSource = import.meta.url.endsWith(".ts");
    this.#worker = new Worker(new URL(`./node-heartbeat-worker.${fromSource ? "ts" : "js"}`, import.meta.url), {
      execArgv: fromSource ? ["--conditions=flamingo-source", "--disable-warning=ExperimentalWarning"] : [],
      workerData: options,
      name: "flamingo-heartbeat",
    });
    this.#worker.unref();
  }

  async stop(): Promise<void> {
    this.#worker.ref();
    const ended = new Promise((resolve) => this.#worker.once("exit", resolve));
    this.#worker.postMessage("stop");
    await ended;
  }

  /** Receives what was sent last and nobody took. */
  drain(mpi: MpiLibrary): void {
    for (const peer of peersOf(this.#options)) hear(mpi, peer);
  }
}

/** Ranks whose signs of life this one waits for. */
export function peersOf({ rank, names }: Pick<HeartbeatOptions, "rank" | "names">): readonly number[] {
  return rank === 0 ? Array.from({ length: names.length - 1 }, (_, i) => i + 1) : [0];
}

const sign = new Uint8Array(1);

export function beat({ send, byte, world }: MpiLibrary, peer: number): void {
  send(sign, 1, byte, peer, tag, world);
}

/** @returns whether anything had come */
export function hear({ probe, receive, byte, world, ignoredStatus }: MpiLibrary, peer: number): boolean {
  for (let heard = false; ; heard = true) {
    const there = [0];
    probe(peer, tag, world, there, ignoredStatus);
    if (there[0] === 0) return heard;
    receive(sign, 1, byte, peer, tag, world, ignoredStatus);
  }
}
