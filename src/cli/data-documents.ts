import { readdir, readFile, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Command } from "commander";
import { makeDocuments, removeGathered } from "../data/platform/node-documents.ts";
import type { DocumentsPlan } from "../data/platform/node-documents-shard.ts";
import { textOf } from "../data/text-file.ts";
import { DataError } from "../index.ts";
import { UsageError } from "./errors.ts";
import { inRange, threads } from "./option-values.ts";
import { progressLine } from "./progress-line.ts";
import { stoppable } from "./stoppable.ts";

interface DocumentsOptions {
  readonly out: string;
  readonly leastEdge: number;
  readonly mostAspect: number;
  readonly leastWords: number;
  readonly language?: string;
  readonly mostRepeats: number;
  readonly pagesPerShard: number;
  readonly fetchPictures?: boolean;
  readonly anyNetwork?: boolean;
  readonly seconds: number;
  readonly megabytes: number;
  readonly retries: number;
  readonly workers: number;
  readonly clean?: boolean;
  readonly json?: boolean;
}

const whole = (least: number) => inRange({ whole: true, least });

/** `flamingo data documents SOURCE…`: training documents of web pages. */
export const dataDocumentsCommand = (): Command =>
  new Command("documents")
    .description("make training documents, text with pictures, of web pages; the same command goes on where it was stopped")
    .argument("<source...>", "folders of HTML files with their pictures, or text files with one address in each line")
    .requiredOption("--out <folder>", "where documents-00000.tar and so on are written, and statistics.json")
    .option("--least-edge <pixels>", "pictures with a shorter edge than this are left out", whole(0), 64)
    .option("--most-aspect <ratio>", "pictures that are longer than so many times their width, or wider, are left out", inRange({ least: 1 }), 3)
    .option("--least-words <number>", "pages with fewer are left out", whole(0), 20)
    .option("--language <code>", "pages that say that they are in another one are left out, such as en")
    .option("--most-repeats <pages>", "pictures that more pages show are left out, near-duplicates counted as one", whole(1), 10)
    .option("--pages-per-shard <number>", "what a run that is killed loses at most, for each thread", whole(1), 100)
    .option("--fetch-pictures", "fetch pictures that pages of folders name by their addresses")
    .option("--any-network", "fetch addresses inside of your own network too, such as 127.0.0.1 and 10.0.0.0/8")
    .option("--seconds <number>", "longest that a file is waited for", inRange({ least: 0, above: true }), 20)
    .option("--megabytes <number>", "largest file", inRange({ least: 0, above: true }), 20)
    .option("--retries <number>", "further attempts where a connection broke, timed out, or the server was busy", whole(0), 2)
    .option("--workers <number>", "threads (default: one for each core)", threads, availableParallelism())
    .option("--clean", "remove what is kept to go on from when all is done")
    .option("--json", "print one JSON object with what became of pages and pictures")
    .action((sources: string[], options: DocumentsOptions) => documents(sources, options));

async function documents(sources: readonly string[], options: DocumentsOptions): Promise<void> {
  const {
    leastEdge,
    mostAspect,
    leastWords,
    language,
    mostRepeats,
    pagesPerShard,
    seconds,
    megabytes,
    retries,
    fetchPictures = false,
    anyNetwork = false,
  } = options;
  const { pages, folders, addresses } = await pagesOf(sources);
  const plan: DocumentsPlan = {
    format: 1,
    pagesPerShard,
    rules: { leastEdge, mostAspect, leastWords, language },
    mostRepeats,
    files: { folders, fetch: fetchPictures || addresses, seconds, megabytes, retries, ...(anyNetwork ? { anyNetwork } : {}) },
    pages,
  };
  const show = progressLine();
  let done = 0;
  const summary = await stoppable(
    (signal) =>
      makeDocuments({
        plan,
        out: options.out,
        workers: options.workers,
        signal,
        onShard: (count, of) => {
          done = count;
          show(`${count} of ${of} shards`, count === of);
        },
      }),
    () => `stopped after ${done} shards; the same command goes on`,
  );
  if (options.clean === true) await removeGathered(options.out);
  if (options.json === true) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else
    process.stdout.write(
      `${[lineOf("pages", summary.pages), lineOf("pictures", summary.pictures), `${summary.shards} shards in ${options.out}`].join("\n")}\n`,
    );
}

function lineOf(what: string, outcomes: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(outcomes)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  return `${total.toLocaleString("en")} ${what}: ${sorted.map(([outcome, count]) => `${count.toLocaleString("en")} ${outcome}`).join(", ")}`;
}

interface Pages {
  readonly pages: readonly string[];
  readonly folders: readonly string[];
  /** Whether some lie behind addresses. */
  readonly addresses: boolean;
}

/** @throws UsageError when there is no such source, or no page in it */
async function pagesOf(sources: readonly string[]): Promise<Pages> {
  const pages: string[] = [];
  const folders: string[] = [];
  let addresses = false;
  for (const source of sources) {
    const status = await stat(source).catch(() => undefined);
    if (status === undefined) throw new UsageError(`there is no ${source}; name folders of HTML files, or text files with one address in each line`);
    if (status.isDirectory()) {
      folders.push(resolve(source));
      const names = await readdir(source, { recursive: true });
      pages.push(
        ...names
          .filter((name) => /\.x?html?$/i.test(name))
          .sort()
          .map((name) => pathToFileURL(join(resolve(source), name)).href),
      );
    } else {
      addresses = true;
      pages.push(...addressesIn(textOf(await readFile(source), source), source));
    }
  }
  if (pages.length === 0) throw new UsageError(`${sources.join(", ")}: there are no pages (.html, .htm, .xhtml) in it`);
  return { pages: [...new Set(pages)], folders, addresses };
}

function addressesIn(text: string, file: string): string[] {
  return text.split("\n").flatMap((line, i) => {
    const address = line.trim();
    if (address === "" || address.startsWith("#")) return [];
    if (!/^https?:\/\//.test(address) || !URL.canParse(address))
      throw new DataError(`${file}, line ${i + 1}: ${address} is no address; write one such as https://example.org/page.html`);
    return [address];
  });
}
