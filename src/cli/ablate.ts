import { rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { writeWhole } from "../data/platform/node-write.ts";
import { ConfigError } from "../model/strict-config.ts";
import { type Ablation, type AblationRow, type OpenAblation, parseAblation } from "../train/ablation.ts";
import { parseTrainingConfig, type TrainingConfig } from "../train/training-config.ts";
import { placeIn, sayAblation, writeAblation } from "./ablation-report.ts";
import { type AblationQuestions, type AblationResult, resultOf, runOnce, trainOnce } from "./ablation-run.ts";
import { type Override, parseOverride, withOverrides } from "./configuration.ts";
import { addDeviceOptions, type DeviceOptions } from "./device-options.ts";
import { StoppedError, UsageError } from "./errors.ts";
import { suitePlan } from "./evaluation-plan.ts";
import { callModule } from "./import-module.ts";
import { collect, countUpTo } from "./option-values.ts";
import { recipeModule } from "./recipe-module.ts";
import { runConfigOf } from "./run-training.ts";
import { stoppable } from "./stoppable.ts";

interface AblateOptions extends DeviceOptions {
  readonly rows?: string;
  readonly seeds?: number;
  readonly set?: readonly string[];
  readonly out: string;
  readonly resume: boolean;
  readonly markdown?: string;
  readonly json?: boolean;
}

/** `flamingo ablate RECIPE`: every row of an ablation, trained and measured alike. */
export const ablateCommand = (): Command =>
  addDeviceOptions(new Command("ablate"))
    .description(
      "train and measure every row of an ablation with several seeds, and print the paper's table; the same command goes on where it was stopped, and does nothing twice",
    )
    .argument("<recipe>", "a module whose default export lists the rows, such as recipes/nano/ablation.ts")
    .option(
      "--rows <names>",
      "only these, between commas: groups (iii,v) or single rows (iii-no-tanh-gating); the baseline is always there (default: all but those that take several times as long)",
    )
    .option("--seeds <number>", "runs of each row (default: as the recipe says)", countUpTo(1000))
    .option("--set <key=value>", "change one value of every row's config, such as train.steps=50; may be repeated", collect)
    .option("--out <folder>", "where runs are kept", "runs")
    .option("--resume", "go on with what is there (default)", true)
    .option("--no-resume", "begin anew: delete what was made of these rows")
    .option("--markdown <file>", "also write the table there; in a file with the lines <!-- ablation --> and <!-- /ablation --> between these")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      "\nExamples:\n  flamingo ablate recipes/nano/ablation.ts\n  flamingo ablate recipes/nano/ablation.ts --rows iii,v --set train.steps=50 --out runs/short",
    )
    .action(ablate);

async function ablate(recipe: string, options: AblateOptions): Promise<void> {
  const module = recipeModule(recipe, "ablation");
  const modules = dirname(module);
  const out = resolve(options.out);
  const ablation = parseAblation(await callModule<OpenAblation>(module, "describes an ablation", () => true, out));
  const { module: suite, limit, seed } = ablation.suite;
  const questions: AblationQuestions = { suite: resolve(modules, suite), limit, seed, scores: ablation.scores };
  if (options.markdown !== undefined) await placeIn(options.markdown);
  const rows = rowsAsked(ablation, options.rows);
  const overrides = (options.set ?? []).map(parseOverride);
  const { seeds = ablation.seeds } = options;
  const folder = join(out, ablation.name);
  const folderOf = (row: AblationRow): string => join(folder, row.id);
  if (!options.resume) for (const row of rows) await rm(folderOf(row), { recursive: true, force: true });
  const measured = rows.map((row) => ({ row, runs: [] as AblationResult[] }));
  const failed: string[] = [];
  const work = async (signal: AbortSignal): Promise<void> => {
    // What is wrong with settings or scores is said before anything is trained.
    for (const row of rows) parseTrainingConfig(configOf(row, 1, overrides));
    await checkScores(questions);
    for (const config of neededBefore(ablation, rows, out)) {
      const run = await runConfigOf({ ...config });
      await trainOnce(run, { folder: join(out, run.name), modules }, options, signal);
    }
    let number = 0;
    // One seed of all rows after the other: what is there when it is stopped can be compared.
    for (let run = 1; run <= seeds; run++) {
      for (const { row, runs } of measured) {
        const config = (await runConfigOf({ ...configOf(row, run, overrides) })) as TrainingConfig;
        const places = { folder: join(folderOf(row), `seed-${run}`), modules };
        const done = await resultOf(config, places, questions);
        number++;
        if (done === undefined) process.stderr.write(`${row.id}, seed ${run} (${number} of ${seeds * rows.length})\n`);
        try {
          runs.push(done ?? (await runOnce(config, places, questions, options, signal)));
        } catch (error) {
          // A row may be unstable, as the paper's without gates was: the others are measured all the same.
          if (signal.aborted || error instanceof ConfigError) throw error;
          process.stderr.write(`${row.id}, seed ${run}: ${(error as Error).message}\n`);
          failed.push(`${row.id}, seed ${run}`);
        }
        if (done !== undefined || runs.length === 0) continue;
        await writeWhole(join(folderOf(row), "results.json"), `${JSON.stringify(runs, undefined, 1)}\n`);
        await writeAblation(ablation, measured, folder);
      }
    }
  };
  await stoppable(work, () => "stopped; the same command goes on").catch((error: unknown) => {
    // A step that it was in the middle of is not waited for: it ends with the process.
    if (error instanceof StoppedError) error.leavesWork = true;
    throw error;
  });
  if (measured.some(({ runs }) => runs.length > 0)) await sayAblation(await writeAblation(ablation, measured, folder), options);
  if (failed.length > 0)
    throw new Error(
      `${failed.length} ${failed.length === 1 ? "run has" : "runs have"} failed and ${failed.length === 1 ? "is" : "are"} not in the table: ${failed.join("; ")}`,
    );
}

/** @throws UsageError when a name is no row's and no group's */
function rowsAsked({ rows }: Ablation, names: string | undefined): readonly AblationRow[] {
  if (names === undefined) return rows.filter(({ costly = false }) => !costly);
  const wanted = names.split(",").map((name) => name.trim());
  for (const name of wanted) {
    if (rows.some(({ id, group }) => id === name || group === name)) continue;
    const groups = [...new Set(rows.map(({ group }) => group))];
    throw new UsageError(
      `--rows ${names}: there is no row and no group "${name}"; there are the groups ${groups.join(", ")} and the rows ${rows.map(({ id }) => id).join(", ")}`,
    );
  }
  return rows.filter(({ id, group }, place) => place === 0 || wanted.includes(id) || wanted.includes(group));
}

function configOf({ id, config }: AblationRow, seed: number, overrides: readonly Override[]): Record<string, unknown> {
  const own = overrides.find(({ path }) => path[0] === "name" || path.join(".") === "train.seed");
  if (own !== undefined) throw new UsageError(`--set ${own.path.join(".")}: rows have names and seeds of their own; the number of seeds is --seeds`);
  const { train, ...rest } = withOverrides({ ...config }, overrides) as Record<string, unknown> & { train: object };
  return { ...rest, name: `${id}-seed-${seed}`, train: { ...train, seed } };
}

/** Runs that the rows begin with, and what these begin with in turn. */
function neededBefore({ before = [] }: Ablation, rows: readonly AblationRow[], out: string): readonly NonNullable<Ablation["before"]>[number][] {
  const needed: NonNullable<Ablation["before"]>[number][] = [];
  let users: readonly object[] = rows.map(({ config }) => config);
  for (const run of before.toReversed()) {
    const folder = `${join(out, run.name)}/`;
    if (!users.some((config) => JSON.stringify(config).includes(JSON.stringify(folder).slice(1, -1)))) continue;
    needed.unshift(run);
    users = [...users, run];
  }
  return needed;
}

/** @throws ConfigError when the suite has no such task */
async function checkScores({ suite, limit, seed, scores }: AblationQuestions): Promise<void> {
  const tasks = (await suitePlan({ suite, limit, seed })).suite ?? [];
  for (const { title, task, shots } of scores) {
    if (tasks.some((each) => each.name === task && each.shots === shots)) continue;
    const there = tasks.map((each) => `"${each.name}" after ${each.shots}`).join(", ");
    throw new ConfigError(`the score "${title}" is of a task "${task}" after ${shots} shots; the suite has ${there}`);
  }
}
