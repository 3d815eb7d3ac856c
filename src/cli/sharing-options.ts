import { createHash, randomUUID } from "node:crypto";
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { arrayPlace, arrayQueue } from "../evaluate/array-job.ts";
import { leaseQueue } from "../evaluate/platform/node-lease-ledger.ts";
import { redisQueue } from "../evaluate/platform/node-redis-queue.ts";
import { headerLine, type Provenance } from "../evaluate/predictions.ts";
import type { ShardQueue } from "../evaluate/shards.ts";
import { UsageError } from "./errors.ts";
import { countUpTo, inRange, refuseWithout } from "./option-values.ts";

/** How work is shared with other processes that are called with the same command. */
export interface SharingOptions {
  /** `local`, `array`, `redis`, or a Redis server's address. */
  readonly queue?: string;
  readonly shards?: number;
  readonly lease?: number;
}

export function addSharingOptions(command: Command): Command {
  return command
    .option(
      "--queue <where>",
      "share the work with every process that is called with the same command; local: on this machine; redis://HOST:PORT (or redis: the variable REDIS_URL): on many; array: an array job of Slurm or Kubernetes",
      queueName,
    )
    .option("--shards <number>", "pieces of the work, each answered by one process (default: 64)", countUpTo(100_000))
    .option("--lease <seconds>", "until the piece of a process that is not heard of goes to another one (default: 60)", inRange({ least: 1, most: 86_400 }));
}

function queueName(text: string): string {
  if (!["local", "array", "redis"].includes(text) && !/^rediss?:\/\/[^/]/.test(text))
    throw new InvalidArgumentError("It must be local, array, redis, or an address such as redis://host:6379.");
  return text;
}

/** @throws UsageError when options are given that do nothing, or there is no file where the answers come together */
export function checkSharing({ queue, shards, lease }: SharingOptions, predictions: string | undefined): void {
  if (queue === undefined) refuseWithout("they belong to a --queue", { "--shards": shards, "--lease": lease });
  else if (predictions === undefined)
    throw new UsageError(
      "--queue needs --predictions FILE, the same for all processes: the answers come together there, and in the folder FILE.shards beside it",
    );
  if (queue === "array") refuseWithout("the scheduler looks after an array job's processes", { "--lease": lease });
}

export interface Sharing {
  readonly queue: ShardQueue;
  readonly shards: number;
  /** Under which name this process writes what it has not finished. */
  readonly writer: string;
}

/**
 * @param folder - where shards lie
 * @throws ConfigError when this should be part of an array job and is none
 */
export function openSharing({ queue = "local", shards = 64, lease = 60 }: SharingOptions, folder: string, provenance: Provenance): Sharing {
  const writer = randomUUID().slice(0, 8);
  if (queue === "array") {
    const place = arrayPlace(process.env, shards);
    // A process of an array job that is begun again goes on with what it had.
    return { queue: arrayQueue(place), shards, writer: `${place.place}-of-${place.of}` };
  }
  if (queue === "local") return { queue: leaseQueue(join(folder, "leases.sqlite"), { lease }), shards, writer };
  const url = queue === "redis" ? process.env["REDIS_URL"] : queue;
  if (url === undefined) throw new UsageError("--queue redis: there is no variable REDIS_URL with the server's address");
  const name = `flamingo-${createHash("sha256")
    .update(`${headerLine(provenance)}${shards}`)
    .digest("hex")
    .slice(0, 16)}`;
  return { queue: redisQueue({ url, name, lease }), shards, writer };
}
