import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { ConfigError } from "../model/strict-config.ts";
import { createRuntime, type Runtime } from "../runtime/runtime.ts";
import { runFolder } from "../train/platform/node-run-files.ts";
import { train } from "../train/run.ts";
import { parseTrainingConfig, type TrainingConfig } from "../train/training-config.ts";
import { unlessStopped } from "../train/unless-stopped.ts";
import type { ValidationEvent } from "../train/validation.ts";
import { parseOverride, readConfiguration, withOverrides } from "./configuration.ts";
import { addDeviceOptions, type DeviceOptions, runtimeOptions, sayDevice } from "./device-options.ts";
import { UsageError } from "./errors.ts";
import { type FinetuneOutcome, finetuneTable, type RateOutcome } from "./finetune-outcome.ts";
import { collect } from "./option-values.ts";
import { progressLine } from "./progress-line.ts";
import { stoppable } from "./stoppable.ts";
import { TrainingEvents } from "./training-events.ts";
import { exportTrainedParts, prepareTraining } from "./training-inputs.ts";
import { withPublishedParts } from "./training-parts.ts";
import { trainingProgress } from "./training-progress.ts";

interface FinetuneOptions extends DeviceOptions {
  readonly learningRates?: string;
  readonly resume?: boolean;
  readonly set?: readonly string[];
  readonly out: string;
  readonly json?: boolean;
}

/** `flamingo finetune CONFIG`: one run for each learning rate, of which the best on what is held out is kept. */
export const finetuneCommand = (): Command =>
  addDeviceOptions(new Command("finetune"))
    .description(
      "train a config at several learning rates, each until held-out examples are foreseen no better; keep the best beside what the model did with examples in its prompt alone",
    )
    .argument("<config>", "a training config, as of flamingo train, of a stage flamingo or language")
    .option("--learning-rates <numbers>", "such as 1e-4,1e-5,1e-6 (default: the config's own, a tenth and a hundredth of it)")
    .option("--resume", "go on where an earlier command was stopped")
    .option("--set <key=value>", "change one value of the config, such as validation.every=20; may be repeated", collect)
    .option("--out <folder>", "where runs are kept", "runs")
    .option("--json", "print one JSON object with the outcome")
    .action(finetune);

async function finetune(file: string, options: FinetuneOptions): Promise<void> {
  const overridden = withOverrides(await readConfiguration(file), (options.set ?? []).map(parseOverride));
  if (overridden["stage"] === "contrastive") throw new ConfigError("a stage contrastive has no answers that could be looked at; train it by flamingo train");
  const config = parseTrainingConfig(await withPublishedParts({ ...overridden, validation: overridden["validation"] ?? { shots: [4] } }));
  const rates = ratesOf(options.learningRates) ?? [1, 0.1, 0.01].map((share) => Number((share * config.optimiser.learningRate).toPrecision(6)));
  const folder = resolve(options.out, config.name);
  const runtime = await createRuntime(runtimeOptions(options));
  sayDevice(options, runtime);
  try {
    await stoppable(
      async (signal) => {
        const outcomes: RateOutcome[] = [];
        for (const rate of rates) {
          const at = { folder: join(folder, `rate-${rate}`), modules: dirname(resolve(file)) };
          outcomes.push(await trainedAt(withRate(config, rate), at, { runtime, resume: options.resume === true, signal }));
        }
        const outcome = await keepBest(config, folder, outcomes);
        process.stdout.write(options.json === true ? `${JSON.stringify(outcome)}\n` : finetuneTable(outcome));
      },
      () => "stopped; the same command with --resume goes on",
    );
  } finally {
    await runtime.dispose();
  }
}

function ratesOf(text: string | undefined): readonly number[] | undefined {
  const rates = text?.split(",").map(Number);
  if (rates?.some((rate) => !(rate > 0)) === true) throw new UsageError(`--learning-rates ${text}: write numbers above 0, such as 1e-4,1e-5`);
  return rates;
}

function withRate(config: TrainingConfig, learningRate: number): TrainingConfig {
  const { optimiser } = config;
  return { ...config, optimiser: { ...optimiser, learningRate, final: (optimiser.final * learningRate) / optimiser.learningRate } };
}

interface RateRun {
  readonly runtime: Runtime;
  readonly resume: boolean;
  readonly signal: AbortSignal;
}

/** Trains at one learning rate, unless that was done. */
async function trainedAt(
  config: TrainingConfig,
  places: { readonly folder: string; readonly modules: string },
  { runtime, resume, signal }: RateRun,
): Promise<RateOutcome> {
  const { folder } = places;
  const files = runFolder(folder);
  const { learningRate } = config.optimiser;
  const begun = (await files.read("checkpoint.safetensors")) !== undefined;
  if (begun && !resume)
    throw new ConfigError(`there is a run in ${folder} already; go on with --resume, delete the folder, or choose another name with --set name=…`);
  const done = await files.read("outcome.json");
  if (done !== undefined) return JSON.parse(new TextDecoder().decode(done)) as RateOutcome;
  await mkdir(folder, { recursive: true });
  process.stderr.write(`learning rate ${learningRate}\n`);
  const inputs = await unlessStopped(prepareTraining(config, places, runtime, progressLine()), signal);
  const run = train({ config, ...inputs, runtime, files, resume: begun ? {} : false, signal });
  const events = new TrainingEvents(folder);
  const show = trainingProgress();
  const looks: ValidationEvent[] = begun ? ((await looksBefore(files)) ?? []) : [];
  let result = await run.next();
  for (; result.done !== true && result.value.type !== "stopped"; result = await run.next()) {
    await events.add(result.value);
    show(result.value);
    if (result.value.type !== "validation") continue;
    looks.push(result.value);
    await files.write("looks.json", new TextEncoder().encode(JSON.stringify(looks)));
  }
  if (result.done !== true) {
    signal.throwIfAborted();
    throw new Error("the run was stopped");
  }
  const parts = await exportTrainedParts(result.value, files, config.optimiser.averageDecay);
  const outcome: RateOutcome = { learningRate, looks, parts };
  await files.write("outcome.json", new TextEncoder().encode(JSON.stringify(outcome)));
  return outcome;
}

async function looksBefore(files: ReturnType<typeof runFolder>): Promise<ValidationEvent[] | undefined> {
  const bytes = await files.read("looks.json");
  return bytes === undefined ? undefined : (JSON.parse(new TextDecoder().decode(bytes)) as ValidationEvent[]);
}

/** Puts the weights of the best run where `flamingo pack` finds them. */
async function keepBest(config: TrainingConfig, folder: string, outcomes: readonly RateOutcome[]): Promise<FinetuneOutcome> {
  const lossOf = ({ looks }: RateOutcome): number => Math.min(...looks.filter(({ shots }) => shots === 0).map(({ loss }) => loss));
  const [best] = [...outcomes].sort((a, b) => lossOf(a) - lossOf(b));
  const files = runFolder(folder);
  const from = runFolder(join(folder, `rate-${best!.learningRate}`));
  for (const name of [...best!.parts, "tokenizer.json"]) {
    const bytes = await from.read(name);
    if (bytes !== undefined) await files.write(name, bytes);
  }
  await files.write("config.json", new TextEncoder().encode(`${JSON.stringify(withRate(config, best!.learningRate), undefined, 2)}\n`));
  return { run: folder, learningRate: best!.learningRate, rates: outcomes };
}
