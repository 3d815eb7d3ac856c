/** A model folder that a command writes. */
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { convertModel, type WritableModel } from "../checkpoint/converted-folder.ts";
import { embeddingFormats, type ModelFormats, type PartFormat, partFormats } from "../checkpoint/model-description.ts";
import { NodeFolderWriter } from "../checkpoint/platform/node-folder-writer.ts";
import { writing } from "../data/platform/node-write.ts";
import { flamingoParts } from "../model/flamingo.ts";
import { UsageError } from "./errors.ts";
import { progressLine } from "./progress-line.ts";

/** @returns the whole path. @throws UsageError when something is there */
export function newFolder(out: string): string {
  const folder = resolve(out);
  if (existsSync(folder)) throw new UsageError(`--out ${folder} exists already; delete it or give another folder`);
  return folder;
}

/** What may have a format of its own. */
const formatted: readonly string[] = [...flamingoParts, "language.embedding"];

/** Of the option, for the help. */
export const partOptionText = `another format for one part (${formatted.join(", ")}); may be repeated`;

/** @throws UsageError */
export function partFormatsOf({ weights, part: changes = [] }: { readonly weights: PartFormat; readonly part?: readonly string[] }): ModelFormats {
  const formats: Record<string, string> = Object.fromEntries(flamingoParts.map((part) => [part, weights]));
  for (const change of changes) {
    const [part, format, more] = change.split("=") as [string, string | undefined, string | undefined];
    const possible: readonly string[] = part === "language.embedding" ? embeddingFormats : partFormats;
    if (!formatted.includes(part) || more !== undefined || !possible.includes(format ?? ""))
      throw new UsageError(`--part ${change}: write PART=FORMAT with a part of ${formatted.join(", ")} and a format of ${possible.join(", ")}`);
    formats[part] = format!;
  }
  return formats as unknown as ModelFormats;
}

/** Written beside its place under another name: the folder appears whole or not at all. */
export async function writeModelFolder(model: WritableModel, formats: ModelFormats, out: string, signal: AbortSignal): Promise<void> {
  const partial = join(dirname(out), `.${basename(out)}.partial-${process.pid}`);
  const show = progressLine();
  await writing(out, () => mkdir(partial, { recursive: true }));
  const writer = new NodeFolderWriter(partial);
  try {
    show(`writing ${out}`, true);
    for await (const { done, total } of convertModel(model, formats, writer)) {
      // Breathing space for a signal: what comes before has no pause of its own.
      await new Promise((after) => setImmediate(after));
      signal.throwIfAborted();
      show(`${done} of ${total} weights written`, done === total);
    }
    await rename(partial, out);
  } catch (error) {
    await writer.close();
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}
