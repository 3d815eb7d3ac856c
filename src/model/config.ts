import * as z from "zod";
import { fusionConfig } from "./fusion/fusion-config.ts";
import { languageConfig } from "./language/config.ts";
import { resamplerConfig } from "./resampler/create-resampler.ts";
import { parseConfig } from "./strict-config.ts";
import { visionConfig } from "./vision/vision.ts";

/** Which parts keep their weights. The default is the paper's recipe; ablation viii trains the language model too. */
const freezeConfig = z.strictObject({
  vision: z.boolean().default(true),
  language: z.boolean().default(true),
  /** The new vocabulary entries, which are trained although the rest of the language model is frozen. */
  extraTokens: z.boolean().default(false),
  resampler: z.boolean().default(false),
  fusion: z.boolean().default(false),
});

/** A whole Flamingo. Every published variant, and every row of the paper's ablations, is a value of this type. */
export const flamingoConfig = z
  .strictObject({
    vision: visionConfig,
    resampler: byKind(resamplerConfig),
    language: languageConfig,
    fusion: byKind(fusionConfig),
    freeze: freezeConfig.prefault({}),
  })
  .superRefine(({ fusion, language }, context) => {
    const problem = (key: string, message: string): void => context.addIssue({ code: "custom", path: ["fusion", key], message });
    if (fusion.kind === "grafting") return;
    if (fusion.placement === "single") {
      if (fusion.every !== 1 || fusion.offset !== 0)
        problem("placement", `"single" puts one layer in the middle, so "every" and "offset" mean nothing: leave them out or use "every"`);
    } else if (fusion.offset >= language.blocks) {
      problem("offset", `no layer would be placed: the language model's blocks are 0 to ${language.blocks - 1}`);
    } else if (fusion.every > language.blocks) {
      problem("every", `the language model has only ${language.blocks} blocks`);
    }
  });

/** A config as it is written: defaults may be left out, `resampler: "mlp"` says the same as `resampler: { kind: "mlp" }`. */
export type FlamingoConfigInput = z.input<typeof flamingoConfig>;
export type FlamingoConfig = z.output<typeof flamingoConfig>;

function byKind<Schema extends z.ZodType<{ kind: string }, { kind: string }>>(
  schema: Schema,
): z.ZodType<z.output<Schema>, z.input<Schema> | z.input<Schema>["kind"]> {
  return z.preprocess((value) => (typeof value === "string" ? { kind: value } : value), schema) as z.ZodType<
    z.output<Schema>,
    z.input<Schema> | z.input<Schema>["kind"]
  >;
}

/**
 * Checks a model config and fills in its defaults.
 * @throws ConfigError naming every unknown key, wrong value and impossible combination, with what would be valid
 */
export function parseFlamingoConfig(input: unknown): FlamingoConfig {
  return parseConfig(flamingoConfig, input, "model config");
}

/** Parts that come in kinds, each kind with keys of its own. */
const kinds = { vision: visionConfig, resampler: resamplerConfig, fusion: fusionConfig } as const;

/**
 * `part` as another kind: keys that the new kind has too keep their values, the others fall away. That is what changing only `resampler.kind`
 * of a named size means.
 */
export function asKind(name: "vision" | "resampler" | "fusion", part: Readonly<Record<string, unknown>>, kind: unknown): Record<string, unknown> {
  const option = kinds[name].options.find((each) => each.shape.kind.value === kind);
  const kept = Object.entries(part).filter(([key]) => option === undefined || key in option.shape);
  return { ...Object.fromEntries(kept), kind };
}
