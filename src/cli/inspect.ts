import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { readJsonFile } from "../checkpoint/folder-files.ts";
import { type ModelSummary, summariseModel } from "../checkpoint/model-summary.ts";
import { findWeights } from "../checkpoint/published/recognise.ts";
import { inspectFile } from "./inspect-file.ts";
import { modelProgress, size } from "./pull-progress.ts";

const weightFileName = /\.(safetensors|gguf|pt|pth|bin|json)$/;

interface InspectOptions {
  readonly json?: boolean;
  readonly all?: boolean;
}

/** `flamingo inspect MODEL`: what a model folder or a file of weights holds. */
export const inspectCommand = (): Command =>
  new Command("inspect")
    .description("show a model's parts (parameters, types, licences, where they come from) or a file's tensors")
    .argument(
      "[model]",
      "an embedded model, a folder, a model of the Hugging Face hub, or a file: .safetensors, .gguf, .pt, .bin, or the .index.json of several",
      "nano",
    )
    .option("--all", "list every tensor of a file, not the first 20 only")
    .option("--json", "print one JSON object")
    .action(inspect);

async function inspect(name: string, { json = false, all = false }: InspectOptions): Promise<void> {
  if (weightFileName.test(name) || (await isFile(name))) return inspectFile(name, { json, all });
  const part = await weightsOfPart(name);
  if (part !== undefined) return inspectFile(part, { json, all });
  const summary = await summariseModel(name, { onProgress: modelProgress() });
  process.stdout.write(json ? `${JSON.stringify(report(summary))}\n` : `${lines(summary).join("\n")}\n`);
}

function report({ location, description, preprocessing, parameters, memoryBytes, maxTokens, parts }: ModelSummary): unknown {
  const kind = "published" in description ? { published: description.published.kind } : {};
  const { name, markers, prompt } = description;
  return { name, ...kind, location, parameters, memoryBytes, maxTokens, preprocessing, markers, prompt, parts };
}

function lines({ location, description, parameters, memoryBytes, maxTokens, parts }: ModelSummary): string[] {
  const origins = new Map(parts.flatMap(({ from }) => from).map((origin) => [origin.source, origin]));
  return [
    `${description.name} in ${location}${"published" in description ? `, as published (${description.published.kind})` : ""}`,
    `${parameters.total.toLocaleString("en")} parameters, ${parameters.trainable.toLocaleString("en")} of them trained when the model was joined; ${size(memoryBytes)} of memory for weights; ${maxTokens.toLocaleString("en")} tokens at most`,
    ...parts.map(
      ({ part, parameters: count, dtypes, bytes, from }) =>
        `  ${part.padEnd(10)} ${count.toLocaleString("en").padStart(14)}  ${dtypes.join(", ")}  ${size(bytes)}  ${from.map(({ licence }) => licence).join(" and ")}`,
    ),
    "From:",
    ...[...origins.values()].flatMap(({ source, files }) => [`  ${source}`, ...files.map(({ file, sha256 }) => `    ${file}  sha256 ${sha256.slice(0, 16)}…`)]),
  ];
}

/** The weights of a folder that holds a published language model or vision encoder by itself, or the index of several. */
async function weightsOfPart(name: string): Promise<string | undefined> {
  const inFolder = (file: string): string => join(name, file);
  if (await isFile(inFolder("flamingo.json"))) return undefined;
  const config = (await isFile(inFolder("config.json")))
    ? ((await readJsonFile(inFolder("config.json"))) as { readonly model_type?: unknown } | null)
    : undefined;
  if (config?.model_type === "idefics") return undefined;
  const weights = await findWeights((file) => isFile(inFolder(file)));
  return weights === undefined ? undefined : inFolder(weights);
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false; // a model's name, or nothing: whoever loads models says which
  }
}
