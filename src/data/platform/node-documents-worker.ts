/** Gathers shards in a thread of its own: the main thread gives one number after the other. */
import { parentPort, workerData } from "node:worker_threads";
import { type DocumentsPlan, gatherShard } from "./node-documents-shard.ts";

const { plan, out } = workerData as { readonly plan: DocumentsPlan; readonly out: string };
const stop = new AbortController();
parentPort!.on("message", (shard: number | "stop") => {
  if (shard === "stop") {
    stop.abort();
    // The last listener; the thread ends when it has nothing left to do.
    parentPort!.close();
    return;
  }
  gatherShard(plan, shard, out, stop.signal).then(
    () => parentPort!.postMessage({ shard }),
    (error: Error) => parentPort!.postMessage({ shard, error: { name: error.name, message: error.message } }),
  );
});
