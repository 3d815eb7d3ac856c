/** The thread of a {@link Heartbeat}. */
import { writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { beat, type HeartbeatOptions, hear, peersOf } from "./node-heartbeat.ts";
import { openMpiLibrary } from "./node-mpi-library.ts";

const options = workerData as HeartbeatOptions;
const { library, rank, names, silence } = options;
const mpi = await openMpiLibrary([library]);
const interval = Math.min(1000, (1000 * silence) / 10);

let last = performance.now();
const heard = new Map(peersOf(options).map((peer) => [peer, last]));

const beating = setInterval(() => {
  const now = performance.now();
  // It was stopped itself (a scheduler may suspend a job); the others have to have time to say something.
  const woken = now - last > 5 * interval;
  last = now;
  for (const [peer, before] of heard) {
    beat(mpi, peer);
    if (hear(mpi, peer) || woken) heard.set(peer, now);
    else if (now - before > 1000 * silence) give(names[peer]!);
  }
}, interval);

parentPort!.once("message", () => clearInterval(beating));

function give(name: string): void {
  const text = `flamingo: ${names[rank]}: nothing was heard from ${name} for ${silence} s, so the run ends; the same command with --resume goes on from its last checkpoint`;
  // The thread that owns standard error may be waiting for that rank.
  writeSync(2, `${text}\n`);
  process.kill(process.pid, "SIGKILL");
}
