import { Command, Option } from "commander";
import { platform } from "#checkpoint-platform";
import { readJsonFile } from "../checkpoint/folder-files.ts";
import { openTokenizer } from "../checkpoint/tokenizer-file.ts";
import { writeWhole } from "../data/platform/node-write.ts";
import { mmc4Options } from "../data/samples/mmc4.ts";
import { type SampleFormatName, sampleFormatNames, sampleFormatOf, sampleFormats } from "../data/samples/open-samples.ts";
import { readPicture } from "../data/samples/read-picture.ts";
import type { SampleMedium } from "../data/samples/sample.ts";
import { sampleFile } from "../data/samples/sample-file.ts";
import { type Distribution, SampleCounter } from "../data/samples/sample-statistics.ts";
import { type DrawnSample, type SampleFault, SampleStream } from "../data/samples/sample-stream.ts";
import { shardPaths } from "../data/samples/shard-paths.ts";
import { loadVideo } from "../data/video.ts";
import { UsageError } from "./errors.ts";
import { countUpTo, inRange } from "./option-values.ts";
import { progressLine } from "./progress-line.ts";
import { type ShownSample, samplesPage } from "./samples-page.ts";
import { stoppable } from "./stoppable.ts";
import { thumbnail } from "./thumbnail.ts";

interface InspectOptions {
  readonly kind?: SampleFormatName;
  readonly image?: string;
  readonly video?: string;
  readonly text?: string;
  readonly tokenizer?: string;
  readonly limit?: number;
  readonly page?: string;
  readonly show: number;
  readonly json?: boolean;
}

/** `flamingo data inspect SOURCE…`: what samples in files are like, before they are trained on. */
export const dataInspectCommand = (): Command =>
  new Command("inspect")
    .description("count the samples of a data set in files, with its texts and pictures, and show some")
    .argument("<source...>", "shards as a training config names them: paths, addresses, braces as in {000..099}.tar, folders")
    .addOption(new Option("--kind <kind>", "default: by how the first source ends, else a folder of pictures").choices(sampleFormatNames))
    .option("--image <name>", "the column, key or ending of a pair's picture")
    .option("--video <name>", "the same of a pair's video")
    .option("--text <name>", "the column, key or ending of its text")
    .option("--tokenizer <file>", "a tokenizer.json that tokens are counted with (default: of the embedded model)")
    .option("--limit <samples>", "look at the first so many only", inRange({ whole: true, least: 1 }))
    .option("--page <file>", "write a page with the first samples")
    .option("--show <samples>", "on the page", countUpTo(1000), 20)
    .option("--json", "print one JSON object")
    .action((sources: string[], options: InspectOptions) => inspect(sources, options));

async function inspect(sources: readonly string[], options: InspectOptions): Promise<void> {
  const kind = options.kind ?? kindOf(sources[0]!);
  const { endings, open } = sampleFormats[kind];
  const shards = await shardPaths(sources, endings);
  const file = options.tokenizer ?? `${await platform.findModel("nano", {})}tokenizer.json`;
  const counter = new SampleCounter(openTokenizer(await readJsonFile(file), file));
  const faults: SampleFault[] = [];
  const shown: ShownSample[] = [];
  const show = progressLine();
  const stream = await SampleStream.open({
    name: sources.join(" "),
    seed: 0,
    shards,
    open: open({ image: options.image, video: options.video, text: options.text, mmc4: mmc4Options.parse({}) }),
    reader: { index: 0, count: 1 },
    shuffle: 1,
    badShare: 1,
    onBad: (fault) => faults.push(fault),
  });
  const { limit = Number.POSITIVE_INFINITY } = options;
  let count = 0;
  try {
    await stoppable(
      async (signal) => {
        for (; count < limit; count++) {
          signal.throwIfAborted();
          const drawn = await stream.draw(1);
          if (drawn === undefined) break;
          for (const { name, reason } of await counter.add(drawn.sample))
            faults.push({ shard: drawn.shard, key: drawn.sample.key, reason: `${name}: ${reason}` });
          if (options.page !== undefined && shown.length < options.show) shown.push(await asShown(drawn));
          show(`${count + 1} samples`, false);
        }
      },
      () => `stopped after ${count} samples`,
    );
  } finally {
    await stream.close();
  }
  if (options.page !== undefined) await writeWhole(options.page, samplesPage(`${sources.join(" ")}: ${shown.length} samples`, shown));
  const { bad } = stream.counts;
  const statistics = counter.statistics();
  if (options.json === true) process.stdout.write(`${JSON.stringify({ kind, shards: shards.length, ...statistics, bad, faults })}\n`);
  else process.stdout.write(`${lines(kind, shards.length, statistics, bad, faults).join("\n")}\n`);
}

function kindOf(source: string): SampleFormatName {
  const found = sampleFormatOf(source);
  if (found !== undefined) return found;
  if (/\.\w+$/.test(source)) throw new UsageError(`what kind of source is ${source}? Say it with --kind ${sampleFormatNames.join(", ")}`);
  return "folder";
}

async function asShown({ sample, shard }: DrawnSample): Promise<ShownSample> {
  const media = sample.pieces.filter((piece) => piece.kind !== "text");
  return { sample, shard, media: await Promise.all(media.map(thumbnails)) };
}

/** Of a video, frames that are spread over it. */
async function thumbnails(medium: SampleMedium): Promise<readonly string[] | { readonly reason: string }> {
  try {
    if (medium.kind === "picture") return [await thumbnail(await readPicture(medium, false), 320)];
    const frames = await loadVideo(await sampleFile(medium, false), { name: medium.name });
    return Promise.all(frames.map((frame) => thumbnail(frame, 160)));
  } catch (error) {
    return { reason: (error as Error).message };
  }
}

function lines(kind: string, shards: number, statistics: ReturnType<SampleCounter["statistics"]>, bad: number, faults: readonly SampleFault[]): string[] {
  const { samples, pairs, pages, pictures, videos, addresses, broken } = statistics;
  const row = (name: string, values: Distribution | undefined): string[] =>
    values === undefined
      ? []
      : [
          `  ${name.padEnd(20)} ${[values.least, values.median, values.mean, values.percentile95, values.most].map((value) => Math.round(value).toLocaleString("en").padStart(10)).join("")}`,
        ];
  return [
    `${kind}, ${plural(shards, "shard")}: ${plural(samples, "sample")} (${plural(pairs, "pair")}, ${plural(pages, "page")}), ${bad} more that cannot be read`,
    `${plural(pictures, "picture")}, ${plural(videos, "video")}, ${broken} of them broken, ${addresses} behind addresses`,
    `  ${"".padEnd(20)} ${["least", "median", "mean", "95%", "most"].map((name) => name.padStart(10)).join("")}`,
    ...row("tokens of text", statistics.tokens),
    ...row("pictures in a sample", statistics.picturesPerSample),
    ...row("seconds of a video", statistics.videoSeconds),
    ...row("bytes of a picture", statistics.pictureBytes),
    ...row("width", statistics.pictureWidth),
    ...row("height", statistics.pictureHeight),
    ...faults.slice(0, 10).map(({ shard, key, reason }) => `  bad: ${shard}${key === undefined ? "" : `, ${key}`}: ${reason}`),
    ...(faults.length > 10 ? [`  and ${faults.length - 10} more; --json lists all`] : []),
  ];
}

function plural(count: number, thing: string): string {
  return `${count.toLocaleString("en")} ${thing}${count === 1 ? "" : "s"}`;
}
