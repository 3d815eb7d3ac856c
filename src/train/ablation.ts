/** Ablations: the same model with one thing changed at a time, trained and measured alike. */
import * as z from "zod";
import { parseConfig } from "../model/strict-config.ts";
import type { ContrastiveTrainingConfigInput } from "./contrastive-config.ts";
import type { TrainingConfigInput } from "./training-config.ts";

/** A row of the table. */
export interface AblationRow {
  /** Also the folder of its runs: `iii-no-tanh-gating`. */
  readonly id: string;
  /** Of the rows that change the same thing: `iii`. Rows are asked for by this, too. */
  readonly group: string;
  /** What is changed: "tanh gating". Empty for the baseline, the first row. */
  readonly setting: string;
  /** What the baseline has there, and what this row has. */
  readonly original: string;
  readonly changed: string;
  /** As `flamingo train` takes it. Its `name` and `train.seed` are overwritten. */
  readonly config: TrainingConfigInput;
  /** How much more the published run of this row reached than its baseline, in points of the overall score. Default: nobody published one. */
  readonly published?: number;
  /** Whether it takes so much longer than the others that it is only run where it is asked for by name. */
  readonly costly?: boolean;
}

/** A column of scores. */
export interface AblationScore {
  /** As the table prints it. */
  readonly title: string;
  /** The suite's task, and the figure of it that counts. Default: the task's first. */
  readonly task: string;
  readonly measure?: string;
  /** Examples before each question. */
  readonly shots: number;
  /** In percent: the score that counts as 100 in the overall score. */
  readonly best: number;
}

export interface Ablation {
  /** Also the folder of its runs. */
  readonly name: string;
  /** Runs that make parts which rows begin with, in their order; they are in folders of their own names, beside the ablation's. */
  readonly before?: readonly (TrainingConfigInput | ContrastiveTrainingConfigInput)[];
  /** The baseline first. */
  readonly rows: readonly AblationRow[];
  /** Module of the suite that every row is asked, named from the ablation's folder; how many questions of each task, and the seed that these are drawn by. */
  readonly suite: { readonly module: string; readonly limit: number; readonly seed: number };
  readonly scores: readonly AblationScore[];
  /** Runs of each row, whose seeds are 1, 2, …, unless the command says otherwise. */
  readonly seeds: number;
}

/**
 * The default export of an ablation's module.
 * @param runs - the folder that runs are kept in
 */
export type OpenAblation = (runs: string) => Ablation;

const name = z.string().regex(/^[\w-]+$/, "letters, digits, _ and - only");
const config = z.looseObject({ name: z.string() });
const row = z.strictObject({
  id: name,
  group: name,
  setting: z.string(),
  original: z.string(),
  changed: z.string(),
  config,
  published: z.number().optional(),
  costly: z.boolean().optional(),
});
const schema = z.strictObject({
  name,
  before: z.array(config).optional(),
  rows: z
    .array(row)
    .min(1)
    .refine((rows) => new Set(rows.map(({ id }) => id)).size === rows.length, "every row needs an id of its own"),
  suite: z.strictObject({ module: z.string(), limit: z.number().int().positive(), seed: z.number().int().nonnegative() }),
  scores: z
    .array(
      z.strictObject({
        title: z.string(),
        task: z.string(),
        measure: z.string().optional(),
        shots: z.number().int().nonnegative(),
        best: z.number().positive(),
      }),
    )
    .min(1),
  seeds: z.number().int().positive(),
});

/** @throws ConfigError naming every unknown key and wrong value. The configs are looked at when their turn comes */
export function parseAblation(given: unknown): Ablation {
  return parseConfig(schema, given, "ablation") as unknown as Ablation;
}
