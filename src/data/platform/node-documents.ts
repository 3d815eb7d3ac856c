/** Documents of many pages, shard by shard on all cores. A shard that is done is not done again. */
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Outcomes, PageOutcome, PictureOutcome } from "../documents/gather-page.ts";
import { repeatedHashes } from "../documents/near-duplicates.ts";
import { DataError } from "../errors.ts";
import { add, type DocumentsPlan, finishShard, type GatheredShard, gatheredFolder, gatherShard, json, shardName } from "./node-documents-shard.ts";
import { writeWhole } from "./node-write.ts";

export interface DocumentsOptions {
  readonly plan: DocumentsPlan;
  readonly out: string;
  /** Threads; 1: none but this one. */
  readonly workers: number;
  readonly signal: AbortSignal;
  readonly onShard: (done: number, of: number) => void;
}

/** Of all pages; each page and each picture is counted once. */
export interface DocumentsSummary {
  readonly shards: number;
  /** Of these, what an earlier run had gathered. */
  readonly found: number;
  readonly pages: Outcomes<PageOutcome>;
  readonly pictures: Outcomes<PictureOutcome>;
}

/**
 * Gathers all shards, then finishes them without pictures that many pages show. The same plan gives the same bytes, on any number of threads and after any interruption.
 * @throws DataError when the folder holds documents of another plan
 */
export async function makeDocuments({ plan, out, workers, signal, onShard }: DocumentsOptions): Promise<DocumentsSummary> {
  await keepPlan(plan, out);
  const shards = Math.ceil(plan.pages.length / plan.pagesPerShard);
  const gathered = (shard: number, ending: string): string => join(out, gatheredFolder, `${shardName(shard)}.${ending}`);
  const missing = Array.from({ length: shards }, (_, shard) => shard).filter((shard) => !existsSync(gathered(shard, "json")));
  const found = shards - missing.length;
  let done = found;
  const told = (): void => onShard(++done, shards);
  if (workers === 1 || missing.length === 1) for (const shard of missing) await gatherShard(plan, shard, out, signal).then(told);
  else await inThreads(missing, { plan, out, workers: Math.min(workers, missing.length), signal }, told);
  const summaries: GatheredShard[] = [];
  for (let shard = 0; shard < shards; shard++) summaries.push(JSON.parse(await readFile(gathered(shard, "json"), "utf8")) as GatheredShard);
  const repeated = repeatedHashes(
    summaries.flatMap(({ hashes }) => hashes),
    plan.mostRepeats,
  );
  const pages: Outcomes<PageOutcome> = {};
  const pictures: Outcomes<PictureOutcome> = {};
  for (let shard = 0; shard < shards; shard++) {
    signal.throwIfAborted();
    const finished = await finishShard(shard, out, repeated);
    add(pages, finished.pages);
    add(pictures, finished.pictures);
  }
  const summary = { shards, found, pages, pictures };
  await writeWhole(join(out, "statistics.json"), json(summary));
  return summary;
}

/** Removes what was kept to go on from. The documents stay. */
export async function removeGathered(out: string): Promise<void> {
  await rm(join(out, gatheredFolder), { recursive: true, force: true });
}

async function keepPlan(plan: DocumentsPlan, out: string): Promise<void> {
  const file = join(out, gatheredFolder, "plan.json");
  const written = new TextDecoder().decode(json(plan));
  const before = await readFile(file, "utf8").catch(() => undefined);
  if (before === undefined) await writeWhole(file, written, { makeFolders: true });
  else if (before !== written) throw new DataError(`${out} holds documents of other pages or by other rules; name another folder with --out, or delete it`);
}

/** Sources in a checkout; in the installed package what is built of them. */
const workerFile = new URL(`./node-documents-worker.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url);

async function inThreads(shards: readonly number[], { plan, out, workers, signal }: Omit<DocumentsOptions, "onShard">, told: () => void): Promise<void> {
  const waiting = [...shards];
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(workerFile, { workerData: { plan, out } });
      const end = (): void => worker.postMessage("stop");
      signal.addEventListener("abort", end, { once: true });
      let failure: unknown;
      const next = (): void => {
        const shard = signal.aborted || failure !== undefined ? undefined : waiting.shift();
        if (shard === undefined) end();
        else worker.postMessage(shard);
      };
      worker.on("message", ({ error }: { readonly error?: { readonly name: string; readonly message: string } }) => {
        if (error === undefined) told();
        else failure ??= error.name === "DataError" ? new DataError(error.message) : new Error(error.message);
        next();
      });
      worker.on("error", reject);
      worker.on("exit", () => {
        signal.removeEventListener("abort", end);
        if (signal.aborted) reject(signal.reason);
        else if (failure !== undefined) reject(failure);
        else resolve();
      });
      next();
    });
  await Promise.all(Array.from({ length: workers }, work));
}
