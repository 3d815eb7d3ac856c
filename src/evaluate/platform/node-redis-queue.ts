import { setTimeout as pause } from "node:timers/promises";
import { DataError } from "../../data/errors.ts";
import type { ShardQueue } from "../shards.ts";
import type { LeaseOptions } from "./node-lease-ledger.ts";

export interface RedisQueueOptions extends LeaseOptions {
  /** redis://HOST:PORT, or rediss:// */
  readonly url: string;
  /** Of the run: workers with the same name share the work. */
  readonly name: string;
}

/** How often a worker looks whether all is done. */
const look = 1000;

/**
 * Workers anywhere, to which BullMQ hands out shards by a Redis server. A shard whose worker is not heard of any more goes to another one.
 * Whether a shard is done is not said there but by its file, so that nothing is lost with the server's memory.
 * @throws DataError when the packages are not installed, or the server cannot be reached
 */
export function redisQueue({ url, name, lease }: RedisQueueOptions): ShardQueue {
  return async (shards, signal) => {
    const { Queue, Worker, Redis } = await packages();
    const connection = new Redis(url, { maxRetriesPerRequest: null, lazyConnect: true });
    // What goes wrong later is tried again until it goes well.
    let trouble: Error | undefined;
    connection.on("error", (error: Error) => (trouble = error));
    await connection.connect().catch((error: Error) => {
      connection.disconnect();
      throw new DataError(
        `the Redis server ${shown(url)} cannot be reached (${(trouble ?? error).message}); start it, or name another with --queue redis://HOST:PORT`,
        { cause: error },
      );
    });
    const failed = new AbortController();
    const stop = AbortSignal.any([signal, failed.signal]);
    const queue = new Queue(name, { connection });
    const milliseconds = 1000 * lease;
    const worker = new Worker<number>(
      name,
      async ({ data: shard }) => {
        try {
          // It may have been handed out again after it was done.
          if ((await shards.missing()).includes(shard)) await shards.answer(shard, stop);
        } catch (error) {
          failed.abort(error);
          throw error;
        }
      },
      {
        connection,
        lockDuration: milliseconds,
        stalledInterval: milliseconds / 2,
        maxStalledCount: Number.MAX_SAFE_INTEGER,
        removeOnComplete: { count: 0 },
        removeOnFail: { count: 0 },
      },
    );
    queue.on("error", (error) => (trouble = error));
    worker.on("error", (error) => (trouble = error));
    const offer = async (): Promise<void> => {
      // A job that is there already is not added again.
      const jobs = (await shards.missing()).map((shard) => ({ name: "shard", data: shard, opts: { jobId: `shard-${shard}` } }));
      await queue.addBulk(jobs);
    };
    try {
      let offered = Number.NEGATIVE_INFINITY;
      while ((await shards.missing()).length > 0) {
        if (performance.now() - offered > milliseconds) {
          await offer();
          offered = performance.now();
        }
        await pause(look, undefined, { signal: stop });
      }
    } catch (error) {
      throw stop.aborted ? stop.reason : error;
    } finally {
      await worker.close();
      // What this worker leaves undone another one may take at once.
      if (stop.aborted) await offer();
      await queue.close();
      connection.disconnect();
    }
  };
}

async function packages() {
  try {
    const [{ Queue, Worker }, { Redis }] = await Promise.all([import("bullmq"), import("ioredis")]);
    return { Queue, Worker, Redis };
  } catch (error) {
    throw new DataError("a queue on Redis needs two packages: npm install bullmq ioredis", { cause: error });
  }
}

/** Without the password. */
function shown(url: string): string {
  return url.replace(/\/\/[^@/]*@/, "//");
}
