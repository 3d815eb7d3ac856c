import { Command } from "commander";
import type { PrepareData } from "../data/prepare.ts";
import { parseOverride, withOverrides } from "./configuration.ts";
import { dataDocumentsCommand } from "./data-documents.ts";
import { dataInspectCommand } from "./data-inspect.ts";
import { callModule } from "./import-module.ts";
import { collect } from "./option-values.ts";
import { progressLine } from "./progress-line.ts";
import { recipeModule } from "./recipe-module.ts";
import { stoppable } from "./stoppable.ts";

interface DataOptions {
  readonly set?: readonly string[];
  readonly json?: boolean;
}

/** `flamingo data RECIPE`: runs a recipe's preparation of its data. `flamingo data inspect`: what is in files that are trained on. `flamingo data documents`: documents of web pages. */
export const dataCommand = (): Command =>
  new Command("data")
    .description("fetch and prepare what a recipe trains on or measures with; what is there already is kept")
    .argument("<recipe>", "a recipe, such as nano; one of its modules, such as nano/photographs-data; or a file of your own whose default export prepares data")
    .option("--set <key=value>", "an option of the recipe's, such as out=FOLDER; may be repeated", collect)
    .option("--json", "print one JSON object with what there is")
    .action(prepare)
    .addCommand(dataInspectCommand())
    .addCommand(dataDocumentsCommand())
    // These have options of their own by the same names.
    .enablePositionalOptions();

async function prepare(recipe: string, { set = [], json = false }: DataOptions): Promise<void> {
  const started = performance.now();
  const module = recipeModule(recipe, "data");
  const given = withOverrides({}, set.map(parseOverride));
  const summary = await stoppable(
    (signal) => callModule<PrepareData>(module, "prepares data and says what there is", isSummary, given, progressLine(), signal),
    () => "stopped; the same command goes on",
  );
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  if (json) process.stdout.write(`${JSON.stringify({ ...summary, seconds })}\n`);
  else
    process.stdout.write(
      `${Object.entries({ ...summary, seconds })
        .map(([name, value]) => `${name}: ${value}`)
        .join(", ")}\n`,
    );
}

/** A function that does something else, such as opening a suite, does not return texts and numbers. */
function isSummary(result: Readonly<Record<string, unknown>>): boolean {
  return Object.values(result).every((value) => typeof value === "string" || typeof value === "number");
}
