import { basename, resolve } from "node:path";
import { Command, Option } from "commander";
import { keepFetched } from "../checkpoint/hub/platform/node-referenced-file.ts";
import { readHubSettings } from "../checkpoint/hub/platform/node-settings.ts";
import { type PartFormat, partFormats } from "../checkpoint/model-description.ts";
import { openModelFolder } from "../checkpoint/model-folder.ts";
import { flamingoParts } from "../model/flamingo.ts";
import { newFolder, partFormatsOf, partOptionText, writeModelFolder } from "./model-folder-output.ts";
import { collect } from "./option-values.ts";
import { packedRun } from "./packed-run.ts";
import { stoppable } from "./stoppable.ts";

interface PackOptions {
  readonly out: string;
  readonly name?: string;
  readonly weights: PartFormat;
  readonly part?: readonly string[];
  readonly json?: boolean;
}

/** `flamingo pack RUN`: what a training run has made, as a model folder. */
export const packCommand = (): Command =>
  new Command("pack")
    .description("make a model folder of a finished training run and the frozen parts that it began with")
    .argument("<run>", "folder of the run, such as runs/nano-fusion-mixed")
    .requiredOption("--out <folder>", "the new folder")
    .option("--name <name>", "what the model is called (default: as the folder)")
    .addOption(
      new Option(
        "--weights <format>",
        "of every part, as in flamingo convert; a frozen part that is stored in blocks of these bits stays as it is, and one that is a GGUF file stays that file",
      )
        .choices(partFormats)
        .default("float16"),
    )
    .option("--part <part=format>", partOptionText, collect)
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      "\nExamples:\n  flamingo pack runs/nano-fusion-mixed --out my-nano\n  flamingo pack runs/small-fusion --part language=int4 --out my-small",
    )
    .action(pack);

async function pack(run: string, options: PackOptions): Promise<void> {
  const out = newFolder(options.out);
  const formats = partFormatsOf(options);
  const stored = new Set((options.part ?? []).map((change) => change.split(/[.=]/)[0]!));
  const model = await packedRun(resolve(run), options.name ?? basename(out), stored);
  for (const file of Object.values(model.kept ?? {})) await keepFetched(file, await readHubSettings());
  await stoppable(
    (signal) => writeModelFolder(model, formats, out, signal),
    () => `stopped; nothing was left at ${out}`,
  );
  const { storedAs } = await openModelFolder(out);
  const parts = flamingoParts.map((part) => ({ part, ...storedAs[part], ...model.origins[part] }));
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ out, parts })}\n`);
    return;
  }
  for (const { part, bytes, licence, source } of parts)
    process.stdout.write(`${part.padEnd(10)} ${(bytes / 1e6).toFixed(1).padStart(7)} MB  ${licence}, ${source}\n`);
  process.stdout.write(`a model: flamingo ask --model ${out}\n`);
}
