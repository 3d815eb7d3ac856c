import { appendFile, mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { writing } from "../data/platform/node-write.ts";
import { ConfigError } from "../model/strict-config.ts";
import { createRuntime } from "../runtime/runtime.ts";
import { firstRankFirst, type Ranks } from "../train/distribute/ranks.ts";
import type { StepEvent } from "../train/loop.ts";
import { runFolder } from "../train/platform/node-run-files.ts";
import { type TrainingEvent, train } from "../train/run.ts";
import type { RunFiles } from "../train/run-checkpoint.ts";
import { parseTrainingConfig, type TrainingConfig } from "../train/training-config.ts";
import { parseOverride, readConfiguration, withOverrides } from "./configuration.ts";
import { addDeviceOptions, type DeviceOptions, runtimeOptions, sayDevice } from "./device-options.ts";
import { collect } from "./option-values.ts";
import { progressLine } from "./progress-line.ts";
import { stoppable } from "./stoppable.ts";
import { exportTrainedParts, prepareTraining } from "./training-inputs.ts";
import { withPublishedParts } from "./training-parts.ts";
import { addRankOptions, asOneOfRanks, type RankOptions } from "./training-ranks.ts";

interface TrainOptions extends DeviceOptions, RankOptions {
  readonly resume?: boolean;
  readonly set?: readonly string[];
  readonly out: string;
  readonly json?: boolean;
}

/** `flamingo train CONFIG`: trains one stage. */
export const trainCommand = (): Command =>
  addRankOptions(addDeviceOptions(new Command("train")))
    .description("train what a config describes; Ctrl-C keeps a checkpoint that --resume goes on from")
    .argument("<config>", "a .ts, .js or .json file; the package's folder recipes/ has some to copy")
    .option("--resume", "go on from the run's checkpoint")
    .option("--set <key=value>", "change one value of the config, such as train.steps=20; may be repeated", collect)
    .option("--out <folder>", "where runs are kept", "runs")
    .option("--json", "print one JSON object with the outcome")
    .action(runTraining);

async function runTraining(file: string, options: TrainOptions): Promise<void> {
  const overridden = withOverrides(await readConfiguration(file), (options.set ?? []).map(parseOverride));
  const config = parseTrainingConfig(await withPublishedParts(overridden));
  await asOneOfRanks(options, (ranks, threads) =>
    trainOnRank(config, dirname(resolve(file)), threads === undefined ? options : { ...options, threads }, ranks),
  );
}

/** @param modules - the folder that the config's modules are named from */
async function trainOnRank(config: TrainingConfig, modules: string, options: TrainOptions, ranks: Ranks): Promise<void> {
  const folder = resolve(options.out, config.name);
  const files = runFolder(folder);
  const begun = (await files.read("checkpoint.safetensors")) !== undefined;
  if (begun && options.resume !== true) {
    throw new ConfigError(`the run ${folder} has a checkpoint already; continue it with --resume, delete the folder, or choose another name with --set name=…`);
  }
  await mkdir(folder, { recursive: true });
  // Training has its process to itself, so the arithmetic need not be in another thread, and nothing is copied on its way there.
  const runtime = await createRuntime({ ...runtimeOptions(options), worker: false });
  const first = ranks.rank === 0;
  if (first) sayDevice(options, runtime);
  try {
    await stoppable(
      async (signal) => {
        if (first) signal.addEventListener("abort", () => process.stderr.write("\nstopping after this step\n"));
        // What is learnt and encoded before training is there for the others when the first has done it.
        const inputs = await firstRankFirst(ranks, async () => {
          const prepared = await prepareTraining(config, { folder, modules }, runtime, first ? progressLine() : () => {}, ranks);
          await shareConfig(config, files, ranks);
          return prepared;
        });
        const run = train({ config, ...inputs, runtime, files, resume: begun, signal, ranks });
        const show = trainingProgress();
        const started = performance.now();
        const events = join(folder, "events.jsonl");
        let last: StepEvent | undefined;
        let result = await run.next();
        for (; result.done !== true; result = await run.next()) {
          if (result.value.type === "step") last = result.value;
          if (!first) continue;
          const line = JSON.stringify({ time: new Date().toISOString(), ...result.value });
          await writing(events, () => appendFile(events, `${line}\n`));
          show(result.value);
        }
        // Another rank may have been told to stop.
        const finished = !signal.aborted && (last === undefined || last.step === config.train.steps);
        if (first) {
          const parts = finished ? await exportTrainedParts(result.value, files) : [];
          const outcome = {
            run: folder,
            finished,
            step: last?.step,
            losses: last?.losses,
            seconds: Math.round((performance.now() - started) / 1000),
            device: runtime.device,
            threads: runtime.threads,
            ranks: ranks.size,
            parts,
          };
          if (options.json === true) process.stdout.write(`${JSON.stringify(outcome)}\n`);
          else if (finished) process.stdout.write(`trained: ${parts.map((part) => join(folder, part)).join(", ")}\n`);
        }
        signal.throwIfAborted();
      },
      () => "stopped; the same command with --resume goes on",
    );
  } finally {
    await runtime.dispose();
  }
}

/**
 * Keeps the config in the run's folder, which "flamingo pack" makes a model folder from.
 * @throws ConfigError when another rank does not find there what the first has kept, and is what it was told itself
 */
async function shareConfig(config: TrainingConfig, files: RunFiles, { rank }: Ranks): Promise<void> {
  const text = `${JSON.stringify(config, undefined, 2)}\n`;
  if (rank === 0) return files.write("config.json", new TextEncoder().encode(text));
  const found = await files.read("config.json");
  if (found === undefined || new TextDecoder().decode(found) !== text)
    throw new ConfigError(
      `the run's folder ${found === undefined ? "does not hold" : "holds another config than"} what rank 0 was given; all machines need the same config, and a folder for --out that they share`,
    );
}

/** Shows progress on standard error: one line that changes on a terminal, else a line now and then. */
function trainingProgress(): (event: TrainingEvent) => void {
  let smooth: number | undefined;
  let secondsPerStep: number | undefined;
  let shown = 0;
  return (event) => {
    if (event.type === "start")
      process.stderr.write(
        `${event.trained.toLocaleString("en")} weights trained, ${event.frozen.toLocaleString("en")} frozen; steps ${event.step} to ${event.steps}\n`,
      );
    if (event.type !== "step") return;
    const loss = Object.values(event.losses).reduce((sum, each) => sum + each, 0) / Object.keys(event.losses).length;
    smooth = smooth === undefined ? loss : 0.95 * smooth + 0.05 * loss;
    secondsPerStep = secondsPerStep === undefined ? event.seconds : 0.95 * secondsPerStep + 0.05 * event.seconds;
    const now = performance.now();
    const last = event.step === event.steps;
    if (!last && now - shown < (process.stderr.isTTY ? 200 : 15_000)) return;
    shown = now;
    const left = duration((event.steps - event.step) * secondsPerStep);
    const text = `step ${event.step}/${event.steps}  loss ${smooth.toFixed(3)}  rate ${event.learningRate.toExponential(1)}  norm ${event.gradientNorm.toFixed(2)}  ${left} left`;
    process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${text}${last ? "\n" : ""}` : `${text}\n`);
  };
}

function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes >= 60
    ? `${Math.floor(minutes / 60)} h ${minutes % 60} min`
    : minutes > 0
      ? `${minutes} min ${Math.round(seconds % 60)} s`
      : `${Math.round(seconds)} s`;
}
