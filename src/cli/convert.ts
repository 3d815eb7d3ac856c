import { existsSync } from "node:fs";
import { Command, Option } from "commander";
import { writableModel } from "../checkpoint/converted-folder.ts";
import { type OwnDescription, type PartFormat, partFormats } from "../checkpoint/model-description.ts";
import { loadModelFolder, openModelFolder } from "../checkpoint/model-folder.ts";
import type { OpenedModel } from "../checkpoint/opened-model.ts";
import { activationCost, type WeightCost, weightCost } from "../evaluate/weight-cost.ts";
import { PromptWriter } from "../generate/prompt.ts";
import { type FlamingoPart, flamingoParts, partOf } from "../model/flamingo.ts";
import { byteLengthOf, createRuntime } from "../runtime/runtime.ts";
import { convertToOpenFlamingo } from "./convert-openflamingo.ts";
import { UsageError } from "./errors.ts";
import { fewShotPrompts } from "./few-shot-prompts.ts";
import { newFolder, partFormatsOf, partOptionText, writeModelFolder } from "./model-folder-output.ts";
import { collect, countUpTo, refuseWithout, threads } from "./option-values.ts";
import { progressLine } from "./progress-line.ts";
import { stoppable } from "./stoppable.ts";

interface ConvertOptions {
  readonly to?: "openflamingo";
  readonly onlyTrained?: boolean;
  readonly padding?: boolean;
  readonly weights?: PartFormat;
  readonly part?: readonly string[];
  readonly out: string;
  readonly prompts?: number;
  readonly prompt?: readonly string[];
  readonly threads?: number;
  readonly json?: boolean;
}

/** `flamingo convert MODEL`: the same model with weights in fewer bits, and what that costs; or in another program's form. */
export const convertCommand = (): Command =>
  new Command("convert")
    .description(
      "store a model's weights in 4, 8 or 16 bits in a new folder, and report what that costs: answers, size, memory and speed; or write them as another program loads them",
    )
    .argument("<model>", "an embedded model, or a folder with a flamingo.json")
    .addOption(
      new Option(
        "--weights <format>",
        "of every part; int4-g128 is smaller and faster than int4 and rounds more coarsely; w8a8 is the fastest where many rows meet a matrix at once, as in encoding pictures and reading prompts",
      ).choices(partFormats),
    )
    .addOption(new Option("--to <program>", "write a checkpoint for another program, in float32").choices(["openflamingo"]))
    .option("--only-trained", "with --to: leave out the frozen parts, which OpenFlamingo takes from where they were published")
    .option(
      "--padding",
      "with --to: the reference adds a token for padding, as it does where the language model's tokenizer has none (default: unless that is an OPT)",
    )
    .option("--no-padding", "with --to: the language model's tokenizer has a token for padding")
    .option("--part <part=format>", partOptionText, collect)
    .requiredOption("--out <path>", "the new folder; with --to the new file, .pt or .safetensors")
    .option("--prompts <number>", "few-shot prompts with pictures to compare both models on (default: 24); 0: none", countUpTo(1000, 0))
    .option("--prompt <text>", "compare on this text instead; may be repeated", collect)
    .option("--threads <number>", "threads of the arithmetic (default: all cores)", threads)
    .option("--json", "print one JSON object")
    .action(convert);

async function convert(name: string, { to, onlyTrained, padding, weights, ...options }: ConvertOptions): Promise<void> {
  if (to !== undefined) {
    const { part, prompts, prompt, threads } = options;
    const given = { "--weights": weights, "--part": part, "--prompts": prompts, "--prompt": prompt, "--threads": threads };
    refuseWithout(`with --to ${to} all weights are written in float32, and nothing is compared`, given);
    const chosen = { ...(onlyTrained === undefined ? {} : { onlyTrained }), ...(padding === undefined ? {} : { padding }) };
    return convertToOpenFlamingo(name, { ...options, ...chosen });
  }
  if (weights === undefined) throw new UsageError(`give --weights FORMAT (${partFormats.join(", ")}), or --to openflamingo`);
  refuseWithout("they are for --to openflamingo", { "--only-trained": onlyTrained, "--padding": padding });
  return convertWeights(name, { ...options, weights });
}

async function convertWeights(name: string, options: ConvertOptions & { readonly weights: PartFormat }): Promise<void> {
  const formats = partFormatsOf(options);
  if (options.prompt !== undefined) refuseWithout("the models are compared on the texts of --prompt", { "--prompts": options.prompts });
  if (options.prompts === 0) refuseWithout("with --prompts 0 nothing is compared", { "--threads": options.threads });
  const out = newFolder(options.out);
  await stoppable(
    async (signal) => {
      const original = await openModelFolder(name);
      try {
        await writeModelFolder(writableModel(original), formats, out, signal);
      } finally {
        await original.close();
      }
      const parts = sizesOf(original, await openModelFolder(out));
      const notCompared = options.prompts === 0 && options.prompt === undefined ? undefined : tooLargeToCompare(original, parts);
      const cost = notCompared === undefined ? await comparison(name, out, options, signal) : undefined;
      const report: Report = { model: original.description.name, out, parts, cost, notCompared };
      process.stdout.write(options.json === true ? `${JSON.stringify(report)}\n` : reportText(report));
    },
    () => (existsSync(out) ? `stopped; ${out} is complete, only the comparison is missing` : `stopped; nothing was left at ${out}`),
  );
}

/** Both models are needed in memory for it: of a published one, what was read and what ONNX Runtime made of it. @returns why it is left out; undefined where there is room */
function tooLargeToCompare({ description }: OpenedModel, parts: readonly PartSizes[]): string | undefined {
  const [before, now] = [0, 1].map((i) => parts.reduce((sum, { memory }) => sum + memory[i]!, 0)) as [number, number];
  const needed = ("published" in description ? 2 : 1) * before + now;
  const free = process.availableMemory();
  if (needed < free) return undefined;
  return `to compare the two takes ${gigabytes(needed)} of memory, and ${gigabytes(free)} are free`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

async function comparison(name: string, out: string, { prompt, prompts = 24, threads }: ConvertOptions, signal: AbortSignal): Promise<Cost | undefined> {
  if (prompts === 0 && prompt === undefined) return undefined;
  const [original, converted] = [await loadModelFolder(name), await loadModelFolder(out)];
  const writer = new PromptWriter(original.tokenizer, original.description.markers, original.description.prompt);
  const documents = prompt?.map((text) => writer.query([text], true)) ?? (await fewShotPrompts(prompts, writer));
  const shown = documents.filter(({ tokens }) => tokens.length <= original.config.language.maxTokens);
  if (shown.length === 0) return undefined;
  const runtime = await createRuntime({ device: "cpu", worker: false, ...(threads === undefined ? {} : { threads }) });
  const show = progressLine();
  try {
    let result: Cost | undefined;
    for await (const { done, total, cost } of weightCost({ original, converted }, shown, runtime, signal)) {
      show(`compared on ${done} of ${total} prompts`, done === total);
      result = cost;
    }
    const activations = await activationCost(converted, shown, runtime, signal);
    return result && activations ? { ...result, activations } : result;
  } finally {
    await runtime.dispose();
  }
}

/** With what of it the rounding of activations costs, where that was measured. */
type Cost = WeightCost & { readonly activations?: Awaited<ReturnType<typeof activationCost>> };

interface PartSizes {
  readonly part: FlamingoPart;
  readonly weights: PartFormat;
  /** Bytes of the file and of the weights in memory, before and now. */
  readonly disk: readonly [before: number, now: number];
  readonly memory: readonly [before: number, now: number];
}

function sizesOf(original: OpenedModel, converted: OpenedModel): PartSizes[] {
  const memory = ({ held }: OpenedModel, part: FlamingoPart): number =>
    [...held].reduce((sum, [path, weight]) => sum + (partOf(path) === part ? byteLengthOf(weight) : 0), 0);
  return flamingoParts.map((part) => ({
    part,
    weights: (converted.description as OwnDescription).parts[part].weights!,
    disk: [original.storedAs[part].bytes, converted.storedAs[part].bytes],
    memory: [memory(original, part), memory(converted, part)],
  }));
}

interface Report {
  readonly model: string;
  readonly out: string;
  readonly parts: readonly PartSizes[];
  /** Undefined when nothing was asked for, or `notCompared` says why. */
  readonly cost: Cost | undefined;
  readonly notCompared: string | undefined;
}

function reportText({ model, out, parts, cost, notCompared }: Report): string {
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1).padStart(8);
  const row = (label: string, format: string, disk: readonly number[], memory: readonly number[]): string =>
    `  ${label.padEnd(10)} ${format.padEnd(9)} ${megabytes(disk[0]!)} → ${megabytes(disk[1]!)} ${megabytes(memory[0]!)} → ${megabytes(memory[1]!)}`;
  const total = (kind: "disk" | "memory"): number[] => [0, 1].map((i) => parts.reduce((sum, part) => sum + part[kind][i]!, 0));
  const lines = [
    `${model} in ${out}`,
    `  ${"".padEnd(20)} ${"MB on disk".padStart(19)} ${"MB of memory".padStart(19)}`,
    ...parts.map(({ part, weights, disk, memory }) => row(part, weights, disk, memory)),
    row("together", "", total("disk"), total("memory")),
  ];
  if (notCompared !== undefined) lines.push(`The answers were not compared: ${notCompared}`);
  if (cost !== undefined) {
    lines.push(
      `Next tokens at ${cost.positions} positions of ${cost.prompts} prompts: divergence from the original ${cost.divergence.toPrecision(2)} nats, the same likeliest token at ${(100 * cost.agreement).toFixed(1)} %`,
    );
    if (cost.activations !== undefined) {
      const { divergence, agreement } = cost.activations;
      lines.push(
        `Of that, what these matrices round while they multiply, activations to 8 bits: ${divergence.toPrecision(2)} nats from the same weights in float32, the same likeliest token at ${(100 * agreement).toFixed(1)} %`,
      );
    }
    if (cost.decode !== undefined) {
      const { original, converted } = cost.decode;
      lines.push(`A token takes ${converted.toFixed(2)} ms, the original ${original.toFixed(2)} ms: ${(original / converted).toFixed(2)} times as fast`);
    }
  }
  return `${lines.join("\n")}\n`;
}
