/** What a training run is measured with: samples that are held out, or data sets of their own. */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { Sample } from "../data/samples/sample.ts";
import type { SampleFault } from "../data/samples/sample-stream.ts";
import type { MediaInput } from "../train/media-input.ts";
import type { Documents } from "../train/sources/document-batches.ts";
import { isHeldOut } from "../train/sources/held-out.ts";
import { moduleDocuments } from "../train/sources/module-source.ts";
import { sampleDocuments } from "../train/sources/sample-source.ts";
import type { SourceContext, SourceModule } from "../train/sources/source.ts";
import type { SourceConfig } from "../train/sources/source-config.ts";
import { validationSets } from "../train/sources/validation-sets.ts";
import type { ValidationSet } from "../train/validation.ts";
import type { ValidationConfig } from "../train/validation-config.ts";

export interface OpenedData {
  readonly config: SourceConfig;
  /** Of a kind `module`. */
  readonly module: SourceModule | undefined;
  readonly media: MediaInput | undefined;
}

export interface ValidationInputs {
  /** What is learnt from. */
  readonly learnt: readonly OpenedData[];
  /** Those of `validation.data`. */
  readonly others: readonly OpenedData[];
  readonly context: SourceContext;
  /** Tokens that the language model reads. */
  readonly longest: number;
  /** The run's. */
  readonly folder: string;
}

/** So many are there to be shown before a question. */
const mostExamples = 256;

/** @throws ConfigError when nothing is there to be looked at, or examples do not fit */
export async function openValidation(
  { share, data, examples: most, shots }: ValidationConfig,
  { learnt, others, context, longest, folder }: ValidationInputs,
): Promise<readonly ValidationSet[]> {
  const draw = async ({ config, module, media }: OpenedData, count: number, wanted?: (sample: Sample) => boolean): Promise<Documents> =>
    config.kind === "module"
      ? moduleDocuments(config, module!, context, count)
      : sampleDocuments({ stage: "flamingo", config, context, media, onBad: badExamples(config.name, folder), wanted }, count);
  const heldOut = (sample: Sample): boolean => isHeldOut(sample, share);
  const sets: ValidationSet[] = [];
  for (const [i, asked] of (data === undefined ? learnt : others).entries()) {
    // Examples come from what is learnt: from the data set itself, or from the one in its place.
    const shown = data === undefined ? asked : (learnt[i] ?? learnt[0]!);
    const documents = await draw(asked, most, data === undefined ? heldOut : undefined);
    const examples = shots.length === 0 ? [] : await draw(shown, mostExamples, data === undefined ? (sample) => !heldOut(sample) : undefined);
    const { name, rows } = asked.config;
    sets.push(...validationSets({ name, rows, documents, examples, media: asked.media }, shots, longest, context));
  }
  return sets;
}

function badExamples(name: string, folder: string): (fault: SampleFault) => void {
  return ({ shard, key, reason }) =>
    appendFileSync(join(folder, "bad-samples.jsonl"), `${JSON.stringify({ data: name, shard, key, reason, validation: true })}\n`);
}
