import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { isEmbedded } from "../checkpoint/embedded-models.ts";
import { type PulledSnapshot, pull } from "../checkpoint/hub/platform/node-pull.ts";
import { type PulledModel, pullModel } from "../checkpoint/hub/platform/node-pull-model.ts";
import { type FetchOptions, fetchReferences } from "../checkpoint/hub/platform/node-referenced-file.ts";
import { readHubSettings } from "../checkpoint/hub/platform/node-settings.ts";
import { findModelFolder } from "../checkpoint/model-folder.ts";
import { zoo } from "../checkpoint/zoo.ts";
import { UsageError } from "./errors.ts";
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
    .argument(
      "<name>",
      "a model, such as openflamingo/OpenFlamingo-3B-vitl-mpt1b: all its parts, in a folder with a flamingo.json; any other repository; or small, or a model folder: the files that it refers to",
    )
    .option("--revision <name>", "a branch, tag or commit", "main")
    .option("--include <pattern>", 'only these files, such as "*.json"; may be repeated', collect)
    .option("--json", "print one JSON object with the files and where they are")
    .addHelpText("after", `\nModels with all their parts:\n${[...zoo.keys()].map((name) => `  ${name}`).join("\n")}`)
    .addHelpText("after", "\nHF_TOKEN, HF_HOME, HF_HUB_CACHE, HF_ENDPOINT and HF_HUB_OFFLINE mean what they mean to Python's huggingface_hub.")
    .action(pullRepository);

async function pullRepository(repository: string, { revision, include = [], json = false }: PullOptions): Promise<void> {
  const settings = await readHubSettings();
  const isHere = isEmbedded(repository) || existsSync(join(repository, "flamingo.json"));
  if (isHere && (include.length > 0 || revision !== "main"))
    throw new UsageError(`${repository} is not a repository of the hub: leave --include and --revision out`);
  await stoppable(
    async (signal) => {
      if (isHere) await pullFilesOf(repository, { settings, signal }, json);
      else if (zoo.has(repository) && include.length === 0)
        reportModel(await followed(pullModel({ name: repository, revision, settings, signal }), modelProgress()), json);
      else report(await followed(pull({ repository, revision, include, settings, signal }), pullProgress(repository)), json);
    },
    () => "stopped; what was downloaded is kept, and the same command goes on from there",
  );
}

/** Of a model that is on the disk, but for what it refers to. */
async function pullFilesOf(name: string, options: FetchOptions, json: boolean): Promise<void> {
  const { location, description } = await findModelFolder(name);
  if ("published" in description) throw new UsageError(`${name} is the folder of a published model, which refers to no other files`);
  const { files, bytes, downloaded } = await followed(fetchReferences(location, description, options), modelProgress());
  if (json) process.stdout.write(`${JSON.stringify({ name, folder: location, files, bytes, downloaded })}\n`);
  else {
    for (const { file, path, bytes: each } of files) process.stderr.write(`${file}: ${size(each)}, in ${path}\n`);
    process.stderr.write(`${name}: ${files.length} files, ${size(bytes)}, ${news(downloaded)}\n`);
    process.stdout.write(`${location}\n`);
  }
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
  process.stderr.write(`${repository} at ${revision} (${commit.slice(0, 12)}): ${files.length} files, ${size(bytes)}, ${news(downloaded)}\n`);
}

function news(downloaded: number): string {
  return downloaded === 0 ? "all there already" : `${size(downloaded)} downloaded`;
}
