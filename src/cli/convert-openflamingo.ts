/** `flamingo convert MODEL --to openflamingo`: a checkpoint that OpenFlamingo's own code loads. */
import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { openModelFolder } from "../checkpoint/model-folder.ts";
import type { OpenedModel } from "../checkpoint/opened-model.ts";
import { NodeFolderWriter } from "../checkpoint/platform/node-folder-writer.ts";
import { type OpenFlamingoExport, openFlamingoExport } from "../checkpoint/published/openflamingo-export.ts";
import { pytorchFile } from "../checkpoint/pytorch/pytorch-file.ts";
import { safetensorsFile } from "../checkpoint/tensor-file.ts";
import { sizeOf } from "../runtime/host-tensor.ts";
import { UsageError } from "./errors.ts";
import { progressLine } from "./progress-line.ts";
import { stoppable } from "./stoppable.ts";

export interface OpenFlamingoOptions {
  readonly out: string;
  readonly onlyTrained?: boolean;
  readonly padding?: boolean;
  readonly json?: boolean;
}

/** @throws UsageError when the file is there or is of no known kind; CheckpointError naming what OpenFlamingo's code cannot hold */
export async function convertToOpenFlamingo(name: string, { onlyTrained, padding, json, ...options }: OpenFlamingoOptions): Promise<void> {
  const out = resolve(options.out);
  const open = out.endsWith(".pt") ? pytorchFile : out.endsWith(".safetensors") ? safetensorsFile : undefined;
  if (open === undefined) throw new UsageError(`--out ${options.out}: OpenFlamingo's checkpoints are .pt or .safetensors files; give such a name`);
  if (existsSync(out)) throw new UsageError(`--out ${out} exists already; delete it or give another name`);
  await stoppable(
    async (signal) => {
      const model = await openModelFolder(name);
      try {
        const exported = openFlamingoExport(model, { ...(onlyTrained === undefined ? {} : { onlyTrained }), ...(padding === undefined ? {} : { padding }) });
        await write(exported, out, open, signal);
        const report = { model: model.description.name, out, ...reportOf(model, exported) };
        process.stdout.write(json === true ? `${JSON.stringify(report)}\n` : reportText(report));
      } finally {
        await model.close();
      }
    },
    () => `stopped; nothing was left at ${out}`,
  );
}

async function write(exported: OpenFlamingoExport, out: string, open: typeof pytorchFile, signal: AbortSignal): Promise<void> {
  const partial = `.${basename(out)}.partial-${process.pid}`;
  const writer = new NodeFolderWriter(dirname(out));
  const show = progressLine();
  try {
    const file = await open(await writer.create(partial), exported.shapes);
    let done = 0;
    for await (const [tensor, values] of exported.tensors()) {
      signal.throwIfAborted();
      await file.write(tensor, values);
      show(`${++done} of ${exported.shapes.size} tensors written`, done === exported.shapes.size);
    }
    await file.finish();
    await rename(join(dirname(out), partial), out);
  } catch (error) {
    await writer.close();
    await rm(join(dirname(out), partial), { force: true });
    throw error;
  }
}

/** What OpenFlamingo's code must be told to build the same model. */
interface Built {
  readonly tensors: number;
  readonly bytes: number;
  readonly family: string;
  /** Of `create_model_and_transforms`. */
  readonly crossAttnEveryNLayers: number;
  /** Arguments of its classes that differ from their defaults, by class. */
  readonly classes: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Rows of the embedding, the last ones for these tokens. */
  readonly rows: number;
  readonly newTokens: readonly string[];
}

function reportOf({ config }: OpenedModel, { family, shapes, newTokens }: OpenFlamingoExport): Built {
  const { resampler, fusion, language } = config;
  if (resampler.kind !== "perceiver" || fusion.kind !== "gated-cross-attention-dense") throw new Error("the config is not one of OpenFlamingo's");
  const { heads = language.heads, headDim = language.headDim } = fusion;
  const [rows] = [...shapes].find(([tensor]) => /\.(wte|embed_in|embed_tokens)\.weight$/.test(tensor))![1];
  const classes = {
    PerceiverResampler: changed({
      depth: [resampler.layers, 6],
      dim_head: [resampler.headDim, 64],
      heads: [resampler.heads, 8],
      num_latents: [resampler.latents, 64],
      max_num_frames: [resampler.frames, 0],
    }),
    GatedCrossAttentionBlock: changed({ dim_head: [headDim, 64], heads: [heads, 8] }),
  };
  return {
    tensors: shapes.size,
    bytes: 4 * [...shapes.values()].reduce((sum, shape) => sum + sizeOf(shape), 0),
    family: family.name,
    crossAttnEveryNLayers: fusion.every,
    classes: Object.fromEntries(Object.entries(classes).filter(([, given]) => Object.keys(given).length > 0)),
    rows: rows!,
    newTokens,
  };
}

/** Of `[ours, OpenFlamingo's default]` those of ours that are others. */
function changed(values: Readonly<Record<string, readonly [number, number]>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(values).flatMap(([key, [ours, usual]]) => (ours === usual ? [] : [[key, ours]])));
}

function reportText({ model, out, tensors, bytes, family, crossAttnEveryNLayers, classes, rows, newTokens }: Built & { model: string; out: string }): string {
  const load = out.endsWith(".pt") ? `torch.load("${basename(out)}")` : `safetensors.torch.load_file("${basename(out)}")`;
  const decoder = family === "gpt2" ? ', decoder_layers_attr_name="transformer.h"' : "";
  const lines = [
    `${model} in ${out}: ${tensors} tensors, ${(bytes / 1e6).toFixed(1)} MB`,
    `In Python: create_model_and_transforms(…, cross_attn_every_n_layers=${crossAttnEveryNLayers}${decoder}), then model.load_state_dict(${load}, strict=False)`,
    `The embedding has ${rows} rows, the last ones for ${newTokens.join(", ")}`,
    ...Object.entries(classes).map(([name, given]) => {
      const list = Object.entries(given).map(([key, value]) => `${key}=${value}`);
      return `OpenFlamingo's ${name} has to be made with ${list.join(", ")}: ${list.length === 1 ? "its default is" : "its defaults are"} others`;
    }),
  ];
  return `${lines.join("\n")}\n`;
}
