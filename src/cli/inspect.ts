import { stat } from "node:fs/promises";
import { Command } from "commander";
import { loadModelFolder } from "../checkpoint/model-folder.ts";
import { Flamingo, flamingoParts } from "../model/flamingo.ts";
import { inspectFile } from "./inspect-file.ts";

const weightFileName = /\.(safetensors|gguf|pt|pth|bin|json)$/;

interface InspectOptions {
  readonly json?: boolean;
  readonly all?: boolean;
}

/** `flamingo inspect MODEL`: what a model folder or a file of weights holds. */
export const inspectCommand = (): Command =>
  new Command("inspect")
    .description("show a model's parts (parameters, types, licences, where they come from) or a file's tensors")
    .argument("[model]", "an embedded model, a folder with a flamingo.json, or a file: .safetensors, .gguf, .pt, .bin, or the .index.json of several", "nano")
    .option("--all", "list every tensor of a file, not the first 20 only")
    .option("--json", "print one JSON object")
    .action(inspect);

async function inspect(name: string, { json = false, all = false }: InspectOptions): Promise<void> {
  if (weightFileName.test(name) || (await isFile(name))) return inspectFile(name, { json, all });
  const { location, description, config, storedAs, weights } = await loadModelFolder(name);
  const count = new Flamingo(config).count();
  const parts = flamingoParts.map((part) => ({ part, parameters: count.parts[part], ...storedAs[part], ...description.parts[part] }));
  const memory = [...weights.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  const report = {
    name: description.name,
    location,
    parameters: count,
    memoryBytes: memory,
    preprocessing: description.preprocessing,
    markers: description.markers,
    parts,
  };
  if (json) {
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  const lines = [
    `${description.name} in ${location}`,
    `${count.total.toLocaleString("en")} parameters, ${count.trainable.toLocaleString("en")} of them trained when the model was joined; ${(memory / 1e6).toFixed(1)} MB of memory for weights`,
    ...parts.map(
      ({ part, parameters, dtypes, bytes, licence, source }) =>
        `  ${part.padEnd(10)} ${parameters.toLocaleString("en").padStart(12)}  ${dtypes.join(", ")}  ${(bytes / 1e6).toFixed(1)} MB  ${licence}  ${source}`,
    ),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false; // a model's name, or nothing: whoever loads models says which
  }
}
