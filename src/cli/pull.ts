import { Command } from "commander";
import { CheckpointError } from "../checkpoint/errors.ts";
import { type PullEvent, type PulledSnapshot, pull } from "../checkpoint/hub/platform/node-pull.ts";
import { readHubSettings } from "../checkpoint/hub/platform/node-settings.ts";
import { collect } from "./option-values.ts";
import { progressLine } from "./progress-line.ts";

interface PullOptions {
  readonly revision: string;
  readonly include?: readonly string[];
  readonly json?: boolean;
}

/** `flamingo pull NAME`: brings a model from the Hugging Face hub into the cache that all tools share. */
export const pullCommand = (): Command =>
  new Command("pull")
    .description("download a model from the Hugging Face hub into the cache that Python's tools use too; Ctrl-C keeps what is there, the same command goes on")
    .argument("<name>", "a repository, such as openflamingo/OpenFlamingo-3B-vitl-mpt1b")
    .option("--revision <name>", "a branch, tag or commit", "main")
    .option("--include <pattern>", 'only these files, such as "*.json"; may be repeated', collect)
    .option("--json", "print one JSON object with the files and where they are")
    .addHelpText("after", "\nHF_TOKEN, HF_HOME, HF_HUB_CACHE, HF_ENDPOINT and HF_HUB_OFFLINE mean what they mean to Python's huggingface_hub.")
    .action(pullRepository);

async function pullRepository(repository: string, { revision, include = [], json = false }: PullOptions): Promise<void> {
  const settings = await readHubSettings();
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  try {
    const show = pullProgress(repository);
    const pulling = pull({ repository, revision, include, settings, signal: stop.signal });
    let result = await pulling.next();
    for (; result.done !== true; result = await pulling.next()) show(result.value);
    report(result.value, json);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    throw new CheckpointError("stopped; what was downloaded is kept, and the same command goes on from there");
  } finally {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
}

function report(snapshot: PulledSnapshot, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(snapshot)}\n`);
    return;
  }
  const { repository, revision, commit, folder, files, bytes, downloaded } = snapshot;
  const news = downloaded === 0 ? "all there already" : `${size(downloaded)} downloaded`;
  process.stderr.write(`${repository} at ${revision} (${commit.slice(0, 12)}): ${files.length} files, ${size(bytes)}, ${news}\n`);
  process.stdout.write(`${folder}\n`);
}

function pullProgress(repository: string): (event: PullEvent) => void {
  const line = progressLine();
  let started = performance.now();
  let before: number | undefined;
  return (event) => {
    if (event.type === "notice") process.stderr.write(`${process.stderr.isTTY ? "\r\u001b[K" : ""}${event.text}\n`);
    if (event.type === "start") {
      started = performance.now();
      process.stderr.write(`${repository}: ${event.files} files, ${size(event.total)}\n`);
    }
    if (event.type !== "progress") return;
    // What was there at the beginning says nothing of the speed.
    before ??= event.bytes;
    const speed = (event.bytes - before) / Math.max(0.001, (performance.now() - started) / 1000);
    const rest = speed > 0 ? `  ${size(speed)}/s, ${Math.ceil((event.total - event.bytes) / speed)} s left` : "";
    const done = event.filesDone === event.files;
    line(`${event.filesDone}/${event.files} files  ${size(event.bytes)} of ${size(event.total)}${done ? "" : `${rest}  ${event.file}`}`, done);
  };
}

const size = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e3).toFixed(1)} kB`;
