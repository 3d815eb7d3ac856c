import { Command } from "commander";
import { type PulledSnapshot, pull } from "../checkpoint/hub/platform/node-pull.ts";
import { type PulledModel, pullModel } from "../checkpoint/hub/platform/node-pull-model.ts";
import { readHubSettings } from "../checkpoint/hub/platform/node-settings.ts";
import { zoo } from "../checkpoint/zoo.ts";
import { collect } from "./option-values.ts";
import { modelProgress, pullProgress, size } from "./pull-progress.ts";
import { stoppable } from "./stoppable.ts";

interface PullOptions {
  readonly revision: string;
  readonly include?: readonly string[];
  readonly json?: boolean;
}

/** `flamingo pull NAME`: brings a model from the Hugging Face hub into the cache that all tools share. */
export const pullCommand = (): Command =>
  new Command("pull")
    .description("download a model from the Hugging Face hub into the cache that Python's tools use too; Ctrl-C keeps what is there, the same command goes on")
    .argument("<name>", "a model, such as openflamingo/OpenFlamingo-3B-vitl-mpt1b: all its parts, in a folder with a flamingo.json; or any other repository")
    .option("--revision <name>", "a branch, tag or commit", "main")
    .option("--include <pattern>", 'only these files, such as "*.json"; may be repeated', collect)
    .option("--json", "print one JSON object with the files and where they are")
    .addHelpText("after", `\nModels with all their parts:\n${[...zoo.keys()].map((name) => `  ${name}`).join("\n")}`)
    .addHelpText("after", "\nHF_TOKEN, HF_HOME, HF_HUB_CACHE, HF_ENDPOINT and HF_HUB_OFFLINE mean what they mean to Python's huggingface_hub.")
    .action(pullRepository);

async function pullRepository(repository: string, { revision, include = [], json = false }: PullOptions): Promise<void> {
  const settings = await readHubSettings();
  await stoppable(
    async (signal) => {
      if (zoo.has(repository) && include.length === 0)
        reportModel(await followed(pullModel({ name: repository, revision, settings, signal }), modelProgress()), json);
      else report(await followed(pull({ repository, revision, include, settings, signal }), pullProgress(repository)), json);
    },
    () => "stopped; what was downloaded is kept, and the same command goes on from there",
  );
}

async function followed<Event, Result>(pulling: AsyncGenerator<Event, Result>, show: (event: Event) => void): Promise<Result> {
  let result = await pulling.next();
  for (; result.done !== true; result = await pulling.next()) show(result.value);
  return result.value;
}

function reportModel(model: PulledModel, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(model)}\n`);
    return;
  }
  for (const part of model.parts) tell(part);
  process.stdout.write(`${model.folder}\n`);
}

function report(snapshot: PulledSnapshot, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(snapshot)}\n`);
    return;
  }
  tell(snapshot);
  process.stdout.write(`${snapshot.folder}\n`);
}

function tell({ repository, revision, commit, files, bytes, downloaded }: PulledSnapshot): void {
  const news = downloaded === 0 ? "all there already" : `${size(downloaded)} downloaded`;
  process.stderr.write(`${repository} at ${revision} (${commit.slice(0, 12)}): ${files.length} files, ${size(bytes)}, ${news}\n`);
}
