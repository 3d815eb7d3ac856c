import * as z from "zod";
import { filePlaces } from "../checkpoint/referenced-file.ts";
import { augmentationConfig } from "../data/augmentation.ts";
import { statedPreprocessing } from "../data/preprocessing.ts";
import { type FlamingoConfig, parseFlamingoConfig } from "../model/config.ts";
import { flamingoParts } from "../model/flamingo.ts";
import { ConfigError, parseConfig } from "../model/strict-config.ts";
import { optimiserConfig } from "./optimiser-config.ts";
import { sourceConfig } from "./sources/source-config.ts";
import { validationConfig } from "./validation-config.ts";

const part = z.enum(["vision", "resampler", "fusion", "language"]);

/** Where the vocabulary comes from: a `tokenizer.json` or a language model's `.gguf` file, to which the markers are added that it lacks, or learnt from the run's own text. */
const tokenizerConfig = z.union([
  z.strictObject({ file: z.string() }),
  z.strictObject({
    train: z.strictObject({
      size: z.number().int().min(300).max(1_000_000, "at most 1000000: the pairs of all of them are counted in memory"),
      /** Of samples in files, so many characters of text are read for it at most, of all data sets together. */
      characters: z.number().int().positive().max(10_000_000_000).default(100_000_000),
    }),
  }),
]);

export const trainingConfig = z.strictObject({
  /** Also the folder below `runs/`. */
  name: z.string().regex(/^[\w-]+$/, "letters, digits, _ and - only"),
  /**
   * The whole model; the stage says which part of it is trained. `flamingo train` takes what is left out of a part from where the part's weights are, if that says what they are, and holds
   * what is not left out against it.
   */
  model: z.record(z.string(), z.unknown()),
  /**
   * `language`: the language model alone, on text. `resampler`: the resampler alone, on pairs of pictures. `flamingo`: what joins the two frozen models. A vision encoder by itself is trained by a
   * stage `contrastive`, whose config is another one (`contrastive-config.ts`).
   */
  stage: z.enum(["language", "resampler", "flamingo"]),
  /** Default: the one that comes with the language model under `parts`. */
  tokenizer: tokenizerConfig.optional(),
  markers: z
    .strictObject({
      image: z.string(),
      endOfChunk: z.string(),
      padding: z.string(),
      /** What the language model was trained to read before everything else, as LLaMA's `<s>`, and what ends a document of samples in files. */
      start: z.string().optional(),
      end: z.string().optional(),
    })
    .default({ image: "<image>", endOfChunk: "<|endofchunk|>", padding: "<|padding|>" }),
  /**
   * Weights that the run begins with: a safetensors file of an earlier run, a model folder (with a `flamingo.json`), a vision encoder or a language model as the Hugging Face hub has it (the
   * folder, or its file of weights), or a language model's `.gguf` file. Parts that are not named begin at random.
   */
  parts: z
    .partialRecord(part, z.string())
    .default({})
    .refine(
      (parts) => Object.entries(parts).every(([name, file]) => name === "language" || !file.endsWith(".gguf")),
      "only the language model may be a .gguf file",
    ),
  /**
   * Whose weights the parts' are, for the folder that `flamingo pack` makes. Default: what is said where they begin; of those that begin at random, that this config trained them.
   * `from`: where the file that a frozen part begins with can be fetched from; then the folder refers to it, and does not hold it.
   */
  origins: z.partialRecord(part, z.strictObject({ licence: z.string(), source: z.string(), from: filePlaces.optional() })).default({}),
  /** How pictures become what the vision encoder takes; their size is the encoder's. What is left out is as the encoder's weights come with, if they do; `fit` is "pad" where nothing says it. */
  preprocessing: statedPreprocessing.prefault({}),
  /** Random changes of pictures that are learnt from, of samples in files. Default: none. */
  augmentation: augmentationConfig.optional(),
  data: z
    .array(sourceConfig)
    .min(1)
    .refine((sources) => new Set(sources.map(({ name }) => name)).size === sources.length, "every data set needs a name of its own"),
  /**
   * `accumulation` (paper, section 3.3): a batch of every data set in every step; gradients are added up, each times its data set's `weight` (λ). `round-robin`: one data set after the other, a batch a step,
   * times its weight. `merged`: one batch a step, as large as those of all data sets together (the sum of their `rows`), in which each row is of a data set drawn with a probability in proportion to its
   * weight; the loss is the mean over all labelled tokens, which no weight multiplies again.
   */
  combine: z.enum(["accumulation", "round-robin", "merged"]).default("accumulation"),
  optimiser: optimiserConfig,
  /** Default: none, and the last weights are those that are exported. */
  validation: validationConfig.optional(),
  train: z.strictObject({
    steps: z.number().int().positive(),
    seed: z.number().int().nonnegative().default(0),
    /** Parts in which each batch is computed, one after the other: so much less memory, and the same gradients. Each part counts by its labelled tokens. */
    microBatches: z.number().int().positive().default(1),
    /**
     * Whether a frozen language model from a GGUF file stays in the blocks of 4 and 8 bits that it is stored in, which is least to hold. As float32 a step takes three quarters of the time, and
     * a quarter more memory (SmolLM2-135M in Q4_1, two cores).
     */
    blocks: z.boolean().default(true),
    /** Whether the backward pass computes blocks of the model again in the place of keeping what is in them: less memory, and about a third more time. */
    recompute: z.boolean().default(false),
    /** Steps between checkpoints. */
    saveEvery: z.number().int().positive().default(200),
    /** Which checkpoints stay beside the latest one: so many of the last ones, the latest included, and for good those after every so many steps. */
    keep: z.strictObject({ last: z.number().int().positive().default(1), every: z.number().int().positive().optional() }).prefault({}),
    /** Whether the optimiser's state is shared out among the processes of a run (ZeRO, stage 1): so much less memory for each, and the same weights. */
    zero: z.boolean().default(false),
  }),
});

export type TrainingConfigInput = Omit<z.input<typeof trainingConfig>, "model"> & { readonly model: object };
export type TrainingConfig = Omit<z.output<typeof trainingConfig>, "model"> & { readonly model: FlamingoConfig };

/**
 * Checks a training config and fills in its defaults.
 * @throws ConfigError naming every unknown key and wrong value, with what would be valid
 */
export function parseTrainingConfig(input: unknown): TrainingConfig {
  const config = parseConfig(trainingConfig, input, "training config");
  const model = parseFlamingoConfig(config.model);
  if (config.stage === "resampler" && config.train.microBatches > 1)
    throw new ConfigError(
      `training config: a stage "resampler" tells each pair from all others of its batch, so that it cannot be computed in parts; leave "train.microBatches" out, or take fewer "rows"`,
    );
  const drawn = config.validation?.data === undefined ? config.data.filter(({ kind }) => kind === "module") : [];
  if (config.validation !== undefined && drawn.length > 0)
    throw new ConfigError(
      `training config: nothing can be held out of "${drawn[0]!.name}", whose module draws what it shows; name other data to look at under "validation.data"`,
    );
  if (config.validation !== undefined && config.stage === "resampler")
    throw new ConfigError(`training config: a stage "resampler" has no answers that a "validation" could look at; leave it out`);
  if (config.augmentation !== undefined) checkAugmentation(config);
  for (const name of Object.keys(config.optimiser.rates)) checkRate(name, config.stage, model);
  const wrong = (problem: string): never => {
    throw new ConfigError(`training config: ${problem}`);
  };
  if (config.combine === "merged") {
    if (config.stage === "resampler") wrong('"combine": "merged" is for documents; pairs of several data sets are combined by "accumulation" or "round-robin"');
    const clipped = config.data.find(({ clipNorm }) => clipNorm !== undefined);
    if (clipped !== undefined)
      wrong(`"${clipped.name}" has a "clipNorm" of its own, which its rows in a merged batch cannot have; leave it out, or take another "combine"`);
  }
  for (const { name, from, until } of config.data)
    if (until !== undefined && until <= from) wrong(`"${name}": it takes part "from" step ${from} "until" before step ${until}, which is in none`);
  // The last token of a row is only ever a label.
  const { maxTokens } = model.language;
  for (const source of config.data) {
    if (config.train.microBatches > source.rows)
      throw new ConfigError(
        `training config: "${source.name}": ${source.rows} rows cannot be computed in "train.microBatches": ${config.train.microBatches} parts`,
      );
    const { tokens = 0 } = source.kind === "module" ? source : source.sequence;
    if (tokens > maxTokens + 1)
      throw new ConfigError(
        `training config: "${source.name}": rows of ${tokens} tokens are longer than the ${maxTokens} that "model.language.maxTokens" lets the language model read`,
      );
  }
  return { ...config, model };
}

/** @throws ConfigError when a data set cannot have its pictures changed */
function checkAugmentation({ stage, data }: Pick<TrainingConfig, "stage" | "data">): void {
  const wrong = (problem: string): never => {
    throw new ConfigError(`training config: ${problem}`);
  };
  if (stage === "language") wrong('"augmentation" changes pictures, and a stage "language" has none; leave it out');
  for (const { kind, name, features } of data) {
    if (kind === "module")
      wrong(`"augmentation" changes pictures of samples in files; "${name}" is a module, which draws its pictures itself as it wants them`);
    if (features !== undefined)
      wrong(`"augmentation" shows other pixels every time, of which "${name}" would keep "features" that are never found again; leave one of them out`);
  }
}

/** @throws ConfigError when the learning rate of a part is said that is not trained */
function checkRate(name: string, stage: TrainingConfig["stage"], { freeze }: FlamingoConfig): void {
  const part = flamingoParts.find((each) => each === name);
  const frozen: Readonly<Record<string, boolean>> = freeze;
  const trained = stage === "flamingo" ? part !== undefined && (frozen[part] !== true || (part === "language" && !freeze.extraTokens)) : name === stage;
  if (trained) return;
  const advice =
    stage !== "flamingo"
      ? "train it in another stage"
      : part === undefined
        ? `name one of ${flamingoParts.join(", ")}`
        : `train it with "model.freeze.${name}": false`;
  throw new ConfigError(
    `training config: "optimiser.rates.${name}" is the learning rate of a part that ${part === undefined ? "a Flamingo does not have" : "is frozen"}; leave it out, or ${advice}`,
  );
}
