import { Command, Option } from "commander";
import type { MediaFile } from "../evaluate/question.ts";
import { planRatings, type RatingMode, type RatingPlan } from "../evaluate/ratings/rating-plan.ts";
import { summariseRatings } from "../evaluate/ratings/rating-summary.ts";
import type { ShownMedia } from "../evaluate/shown-media.ts";
import { startRatingServer } from "../serve/rating/rating-server.ts";
import { RatingStore } from "../serve/rating/rating-store.ts";
import { summaryRows } from "../serve/rating/summary-rows.ts";
import { UsageError } from "./errors.ts";
import { readReports } from "./named-report.ts";
import { countUpTo, inRange, sharedOption } from "./option-values.ts";
import { ratedPictures } from "./rated-pictures.ts";
import { mediaOfResults } from "./report-pictures.ts";
import { stoppable } from "./stoppable.ts";

interface RateOptions {
  readonly mode?: RatingMode;
  readonly ratings: string;
  readonly limit?: number;
  readonly seed: number;
  readonly pictures?: string;
  readonly showExpected?: boolean;
  readonly host: string;
  readonly port: number;
  readonly summary?: boolean;
  readonly json?: boolean;
}

/** `flamingo rate RESULTS…`: people judge answers on a page of this machine. */
export const rateCommand = (): Command =>
  new Command("rate")
    .description(
      "let people judge answers without knowing whose they are: scores of 1 to 5, or two systems side by side; and say what they think, and how far they agree",
    )
    .argument("<results...>", "what flamingo evaluate --out has written, with as many answers as its --samples says; of each system one file")
    .addOption(
      new Option(
        "--mode <mode>",
        "score: each answer by itself, 1 to 5; preference: two systems' answers side by side (default: preference for two files)",
      ).choices(["score", "preference"]),
    )
    .option("--ratings <file>", "where ratings are kept, as SQLite; raters go on from there", "ratings.sqlite")
    .option("--limit <number>", "questions that are judged, drawn with the seed (default: all that the results show)", countUpTo(100_000))
    .option("--seed <number>", "of the orders and of the sides on which answers stand", sharedOption("seed"), 1)
    .option("--pictures <folder>", "of the suite, where they lie elsewhere now")
    .option("--show-expected", "raters see what a person said")
    .option("--host <address>", "0.0.0.0 for all networks of this machine: whoever reaches it can judge", "127.0.0.1")
    .option("--port <number>", "0 for any that is free", inRange({ whole: true, least: 0, most: 65_535 }), 8020)
    .option("--summary", "ask nobody: print what the ratings come to")
    .option("--json", "print one JSON object, with every rating; with --summary alone")
    .addHelpText(
      "after",
      "\nExamples:\n  flamingo evaluate --benchmark coco --data data/coco --shots 8 --samples 100 --out coco.json\n  flamingo rate coco.json\n  flamingo rate after.json before.json --ratings compared.sqlite\n  flamingo rate coco.json --summary",
    )
    .action(rate);

async function rate(files: readonly string[], options: RateOptions): Promise<void> {
  const { mode = files.length === 2 ? "preference" : "score", seed, limit, host, port, summary = false, json = false } = options;
  if (mode === "preference" && files.length !== 2)
    throw new UsageError(`--mode preference lays the answers of two results side by side; ${files.length} are named`);
  if (json && !summary) throw new UsageError("--json belongs to --summary");
  const reports = await readReports(files);
  const plan = planRatings(
    reports.map(({ name, report }) => ({ name, samples: report.samples })),
    { mode, seed, limit },
  );
  const store = new RatingStore(options.ratings, plan);
  try {
    if (summary) return printSummary(plan, store, json);
    const owners = new Map<MediaFile, ShownMedia>();
    for (const { report } of reports) {
      const media = await mediaOfResults(report.opened, options.pictures);
      for (const { examples, asked } of report.samples) for (const file of [...examples, asked].flatMap((each) => each.media)) owners.set(file, media);
    }
    await stoppable(
      async (signal) => {
        const service = { plan, store, pictures: ratedPictures((file) => owners.get(file)!), showExpected: options.showExpected ?? false };
        const server = await startRatingServer(service, { host, port, orAnyFree: true });
        if (server.elsewhere) process.stdout.write(`port ${port} is taken by another program\n`);
        process.stdout.write(`${plan.items.length} answers to judge at ${server.url}/; ratings are kept in ${options.ratings}; Ctrl-C ends\n`);
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
        await server.close();
      },
      () => `stopped; the ratings are in ${options.ratings}`,
    );
  } finally {
    store.close();
  }
}

function printSummary(plan: RatingPlan, store: RatingStore, json: boolean): void {
  const ratings = store.all();
  const summary = summariseRatings(plan, ratings);
  const rows = [...summaryRows(summary), ...summary.raters.map(({ name, rated, of }) => [`rater ${name}`, `${rated} of ${of}`] as const)];
  const width = Math.max(...rows.map(([what]) => what.length));
  process.stdout.write(json ? `${JSON.stringify({ ...summary, ratings })}\n` : rows.map(([what, value]) => `${what.padEnd(width)}  ${value}\n`).join(""));
}
