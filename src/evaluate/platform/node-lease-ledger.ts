import { hostname } from "node:os";
import type { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { DataError } from "../../data/errors.ts";
import type { ShardQueue } from "../shards.ts";

export interface LeaseOptions {
  /** Seconds after which a shard may be taken by another worker, unless its own has said that it is still at it, which it does three times as often. */
  readonly lease: number;
}

/** How often a worker without work looks whether there is some. */
const look = 500;

/**
 * Workers of one machine, which share a ledger of what is being worked on: an SQLite file. A shard belongs to who has its lease; a worker that was killed does not renew it.
 * Whether a shard is done is not said here but by its file, so that the ledger may be deleted at any time.
 * @throws DataError when the file cannot be used
 */
export function leaseQueue(path: string, { lease }: LeaseOptions): ShardQueue {
  return async (shards, signal) => {
    // Loaded when it is needed: older versions of Node, in which the rest of the library works, do not have it.
    const ledger = new LeaseLedger(await import("node:sqlite"), path, 1000 * lease);
    try {
      for (let missing = await shards.missing(); missing.length > 0; missing = await shards.missing()) {
        signal.throwIfAborted();
        const taken = missing.find((shard) => ledger.take(shard));
        if (taken === undefined) await pause(look, undefined, { signal });
        else
          await ledger.whileHeld(taken, async () => {
            // Between the look and the lease another one may have finished it.
            if ((await shards.missing()).includes(taken)) await shards.answer(taken, signal);
          });
      }
    } finally {
      ledger.close();
    }
  };
}

class LeaseLedger {
  private readonly database: DatabaseSync;
  private readonly worker = `${hostname()} ${process.pid}`;
  private readonly milliseconds: number;

  constructor({ DatabaseSync }: typeof import("node:sqlite"), path: string, milliseconds: number) {
    this.milliseconds = milliseconds;
    try {
      this.database = new DatabaseSync(path, { timeout: 30_000 });
      this.database.exec("CREATE TABLE IF NOT EXISTS leases (shard INTEGER PRIMARY KEY, worker TEXT NOT NULL, until INTEGER NOT NULL) STRICT");
    } catch (error) {
      throw new DataError(`the ledger ${path} cannot be used (${(error as Error).message}); if it is no SQLite file, delete it`, { cause: error });
    }
  }

  /** @returns whether it is this worker's now */
  take(shard: number): boolean {
    const now = Date.now();
    const { changes } = this.database
      .prepare("INSERT INTO leases VALUES (?, ?, ?) ON CONFLICT (shard) DO UPDATE SET worker = excluded.worker, until = excluded.until WHERE leases.until < ?")
      .run(shard, this.worker, now + this.milliseconds, now);
    return changes === 1;
  }

  async whileHeld(shard: number, work: () => Promise<void>): Promise<void> {
    const renew = this.database.prepare("UPDATE leases SET until = ? WHERE shard = ? AND worker = ?");
    const timer = setInterval(() => renew.run(Date.now() + this.milliseconds, shard, this.worker), this.milliseconds / 3);
    try {
      await work();
    } finally {
      clearInterval(timer);
      this.database.prepare("DELETE FROM leases WHERE shard = ? AND worker = ?").run(shard, this.worker);
    }
  }

  close(): void {
    this.database.close();
  }
}
