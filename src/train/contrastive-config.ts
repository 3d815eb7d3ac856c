/** A training run of the contrastive stage: a vision and a text tower from pairs of a picture and a text, as the paper pre-trains its vision encoder. */
import * as z from "zod";
import { augmentationConfig } from "../data/augmentation.ts";
import { contrastiveConfig, pairParts } from "../model/contrastive/contrastive-pair.ts";
import { ConfigError, parseConfig } from "../model/strict-config.ts";
import { type TrainingConfig, trainingConfig } from "./training-config.ts";

const evaluation = z.strictObject({
  /** As `flamingo evaluate --pair` calls it. */
  benchmark: z.string(),
  data: z.string(),
  split: z.string().optional(),
  /** Pictures that are looked at. Default: all. */
  limit: z.number().int().positive().optional(),
  /** A file with one template a line. Default: the paper's one. */
  templates: z.string().optional(),
});

const contrastiveTrainingConfig = trainingConfig.omit({ model: true, stage: true, markers: true, parts: true, origins: true, validation: true }).extend({
  stage: z.literal("contrastive"),
  model: contrastiveConfig,
  /** Weights that the run begins with: the vision encoder as for a stage `flamingo`; each part also from the folder of an earlier contrastive run, or its file there. Others begin at random. */
  parts: z.partialRecord(z.enum(pairParts), z.string()).default({}),
  /** Special tokens that stand around a text, as BERT's `[CLS]` and `[SEP]`, and what fills short ones. */
  markers: z.strictObject({ start: z.string().optional(), end: z.string().optional(), padding: z.string().default("<|padding|>") }).prefault({}),
  /** Random changes of pictures. */
  augmentation: augmentationConfig.prefault({}),
  /** What the pair is measured on when it is trained. */
  evaluation: z.array(evaluation).default([]),
});

export type ContrastiveTrainingConfigInput = z.input<typeof contrastiveTrainingConfig>;
export type ContrastiveTrainingConfig = z.output<typeof contrastiveTrainingConfig>;

/** Of any stage. */
export type RunConfig = TrainingConfig | ContrastiveTrainingConfig;

/**
 * Checks the config of a contrastive run and fills in its defaults.
 * @throws ConfigError naming every unknown key and wrong value, with what would be valid
 */
export function parseContrastiveTrainingConfig(input: unknown): ContrastiveTrainingConfig {
  const config = parseConfig(contrastiveTrainingConfig, input, "training config");
  for (const { name, rows } of config.data) {
    if (rows < 2) throw new ConfigError(`training config: "${name}": a pair is told from the others of its batch, so "rows" must be at least 2`);
    if (config.train.microBatches > rows)
      throw new ConfigError(`training config: "${name}": ${rows} pairs cannot be computed in "train.microBatches": ${config.train.microBatches} parts`);
  }
  return config;
}

/** How many tokens a text tower reads at most. @param tokens - of a data set */
export function longestText(config: ContrastiveTrainingConfig): number {
  const wanted = config.data.map((source) => (source.kind === "module" ? source.tokens : source.sequence.tokens) ?? defaultTokens);
  return Math.min(config.model.text.maxTokens, Math.max(...wanted));
}

/** The paper has pairs of 32 and 64 tokens. */
const defaultTokens = 32;
