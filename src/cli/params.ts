import { Command, Option } from "commander";
import { asKind, parseFlamingoConfig } from "../model/config.ts";
import { Flamingo } from "../model/flamingo.ts";
import { sizes } from "../model/sizes.ts";
import { parseOverride, readConfiguration, withOverrides } from "./configuration.ts";
import { UsageError } from "./errors.ts";
import { collect } from "./option-values.ts";

interface ParamsOptions {
  readonly size?: keyof typeof sizes;
  readonly set?: readonly string[];
  readonly json?: boolean;
}

/** `flamingo params`: counts a model without allocating it. */
export const paramsCommand = (): Command =>
  new Command("params")
    .description("count a model's parameters, part by part; nothing is allocated, whatever its size")
    .argument("[config]", "a .ts, .js or .json file, such as recipes/paper/vi-mlp.ts")
    .addOption(new Option("--size <name>", "a named model").choices(Object.keys(sizes)))
    .option("--set <key=value>", "change one value, such as resampler=mlp or fusion.every=4; may be repeated", collect)
    .option("--json", "print one JSON object")
    .addHelpText("after", "\nExamples:\n  flamingo params --size flamingo-3b --set resampler=mlp\n  flamingo params recipes/paper/v-every-4th.ts --json")
    .action(params);

async function params(file: string | undefined, { size, set = [], json = false }: ParamsOptions): Promise<void> {
  if ((file === undefined) === (size === undefined)) throw new UsageError("name one model: a config file, or --size NAME");
  const base: Record<string, unknown> = file === undefined ? { ...sizes[size!] } : await readConfiguration(file);
  const { total, trainable, parts } = new Flamingo(parseFlamingoConfig(overridden(base, set))).count();
  if (json) {
    process.stdout.write(`${JSON.stringify({ total, trainable, parts })}\n`);
    return;
  }
  for (const [name, count] of [...Object.entries(parts), ["total", total], ["trainable", trainable]] as const)
    process.stdout.write(`${name.padEnd(10)} ${count.toLocaleString("en").padStart(16)}\n`);
}

/** Another kind of a part keeps those of its values that the new kind has too. */
function overridden(base: Record<string, unknown>, set: readonly string[]): Record<string, unknown> {
  return set.map(parseOverride).reduce((config, override) => {
    const [part, key] = override.path;
    if ((part === "vision" || part === "resampler" || part === "fusion") && (key === undefined || key === "kind") && typeof override.value === "string") {
      const old = config[part];
      return { ...config, [part]: asKind(part, typeof old === "string" ? { kind: old } : (old as Record<string, unknown>), override.value) };
    }
    return withOverrides(config, [override]);
  }, base);
}
