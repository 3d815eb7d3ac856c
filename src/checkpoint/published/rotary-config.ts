/**
 * How far positions turn queries and keys, in the spellings of transformers: version 5 has it in `rope_parameters`, before that it was beside all else, and `rope_scaling` held what differs from
 * the plain form. The versions take different ones where several are there, so those must say the same.
 */
import * as z from "zod";
import type { LanguageConfigInput } from "../../model/language/config.ts";
import type { RotaryScaling } from "../../nn/rotary-scaling.ts";
import { publishedObject } from "./published-object.ts";

const number = z.number().positive().nullish();
const numbers = z.array(z.number().positive()).nullish();
const kinds = ["default", "linear", "llama3", "yarn", "longrope"] as const;
export type RotaryKind = (typeof kinds)[number];

/** What each kind reads beside the base. A key of another kind must have a value with which it would change nothing there either. */
const used: Readonly<Record<RotaryKind, readonly string[]>> = {
  default: [],
  linear: ["factor"],
  llama3: ["factor", "low_freq_factor", "high_freq_factor"],
  yarn: ["factor", "attention_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim", "truncate"],
  longrope: ["factor", "attention_factor", "short_factor", "long_factor"],
};
const required: Readonly<Record<RotaryKind, readonly (keyof RotaryParameters)[]>> = {
  default: [],
  linear: ["factor"],
  llama3: ["factor", "low_freq_factor", "high_freq_factor"],
  yarn: [],
  longrope: ["short_factor", "long_factor"],
};
const scalingKeys: ReadonlySet<string> = new Set(Object.values(used).flat());
const neutral: Readonly<Record<string, readonly (number | null)[]>> = { factor: [1, null], attention_factor: [1, null] };

const rotaryShape = {
  rope_type: z.enum(kinds).nullish(),
  type: z.enum(kinds).nullish(),
  rope_theta: number,
  partial_rotary_factor: z.number().positive().max(1).nullish(),
  factor: number,
  attention_factor: number,
  low_freq_factor: number,
  high_freq_factor: number,
  beta_fast: number,
  beta_slow: number,
  mscale: z.number().nonnegative().nullish(),
  mscale_all_dim: z.number().nonnegative().nullish(),
  truncate: z.boolean().nullish(),
  short_factor: numbers,
  long_factor: numbers,
  original_max_position_embeddings: z.number().int().positive().nullish(),
};
export type RotaryParameters = z.output<z.ZodObject<typeof rotaryShape>>;

/** One object of them. @param partial - whether the family lets a part of each head turn: others ignore another share in version 5, and fail at it before */
export function rotaryObject(computed: readonly RotaryKind[] = kinds, partial = false): z.ZodType<RotaryParameters> {
  const kind = z.enum(computed).nullish();
  return publishedObject({ read: { ...rotaryShape, rope_type: kind, type: kind } }).superRefine((parameters, context) => {
    const reads = used[kindOf(parameters)];
    for (const key of required[kindOf(parameters)])
      if (parameters[key] == null)
        context.addIssue({ code: "custom", path: [key], message: `positions of the kind "${kindOf(parameters)}" need it; found nothing` });
    for (const [key, value] of Object.entries(parameters)) {
      const [of, allowed] = key === "partial_rotary_factor" ? [partial, [1, null]] : [reads.includes(key) || !scalingKeys.has(key), neutral[key] ?? [null]];
      if (!of && !allowed.includes(value as number | null))
        context.addIssue({
          code: "custom",
          path: [key],
          message: `only ${allowed.map(String).join(" or ")} is possible here, where it changes nothing; found ${JSON.stringify(value)}`,
        });
    }
  });
}

function kindOf({ rope_type, type }: RotaryParameters): RotaryKind {
  return rope_type ?? type ?? "default";
}

const whole = rotaryObject().nullish();
const plain = rotaryObject(["default"]).nullish();
const partial = rotaryObject(["default"], true).nullish();
const partialLong = rotaryObject(["default", "longrope"], true).nullish();
const share = rotaryShape.partial_rotary_factor;

/** Families whose whole heads turn, in whatever way. */
export const rotaryKeys = { rope_parameters: whole, rope_scaling: whole, rope_theta: number } as const;
/** The same, without scaling. */
export const plainRotaryKeys = { rope_parameters: plain, rope_scaling: plain, rope_theta: number } as const;
/** Families that let a part of each head turn. */
export const partialRotaryKeys = { rope_parameters: partial, rope_scaling: partial, rope_theta: number, partial_rotary_factor: share } as const;
/** Phi-3. */
export const longRotaryKeys = { ...partialRotaryKeys, rope_parameters: partialLong, rope_scaling: partialLong } as const;

export interface Spellings {
  /** Where the reference looks, as paths. */
  readonly used: readonly string[];
  /** Where the same is written a second time, and not looked at. */
  readonly copies?: readonly string[];
  /** What holds where nothing is said. */
  readonly otherwise: number;
}

/** @param otherwise - the family's own base */
export function ropeTheta(otherwise = 10_000): Spellings {
  return { used: ["rope_parameters.rope_theta", "rope_scaling.rope_theta", "rope_theta"], otherwise };
}

interface RotarySource {
  readonly rope_parameters?: RotaryParameters | null | undefined;
  readonly rope_scaling?: RotaryParameters | null | undefined;
  readonly max_position_embeddings: number;
  /** Beside the others, in Phi-3. */
  readonly original_max_position_embeddings?: number | undefined;
}

/** Rotary positions, and the longest document for which they are computed. @param base - the base's spellings */
export function rotary(
  config: RotarySource,
  context: z.RefinementCtx,
  base: Spellings = ropeTheta(),
): { readonly positions: LanguageConfigInput["positions"] & { readonly kind: "rotary" }; readonly maxTokens: number } {
  const { rope_parameters: now, rope_scaling: before, max_position_embeddings: most } = config;
  const parameters = now ?? before ?? {};
  if (now != null && before != null && kindOf(now) !== kindOf(before))
    context.addIssue({
      code: "custom",
      path: ["rope_scaling"],
      message: `rope_parameters says "${kindOf(now)}", and versions of transformers differ in which they take; keep the right one; found "${kindOf(before)}"`,
    });
  const original = config.original_max_position_embeddings ?? parameters.original_max_position_embeddings ?? most;
  const scaling = scalingOf(parameters, original, most);
  return {
    positions: { kind: "rotary", base: agreed(config, base, context), ...(scaling === undefined ? {} : { scaling }) },
    // Beyond it other divisors are taken, for the whole document.
    maxTokens: kindOf(parameters) === "longrope" ? Math.min(original, most) : most,
  };
}

/** @param original - tokens of the documents that the model was first trained with @param most - those that it reads now */
export function scalingOf(parameters: RotaryParameters, original: number, most: number): RotaryScaling | undefined {
  const { factor: given, beta_slow, beta_fast, truncate, mscale, mscale_all_dim, attention_factor, low_freq_factor, high_freq_factor } = parameters;
  const factor = given ?? most / original;
  switch (kindOf(parameters)) {
    case "default":
      return undefined;
    case "linear":
      return { kind: "linear", factor };
    case "llama3":
      return { kind: "llama3", factor, slowTurns: low_freq_factor!, fastTurns: high_freq_factor!, originalTokens: original };
    case "yarn": {
      const growth = (scale: number): number => (factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1);
      const magnitude = attention_factor ?? (mscale && mscale_all_dim ? growth(mscale) / growth(mscale_all_dim) : growth(1));
      return { kind: "yarn", factor, slowTurns: beta_slow ?? 1, fastTurns: beta_fast ?? 32, originalTokens: original, magnitude, truncate: truncate ?? true };
    }
    case "longrope": {
      const magnitude = attention_factor ?? (factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original)));
      return { kind: "divisors", divisors: [...parameters.short_factor!], magnitude };
    }
  }
}

/** What one setting is that has several spellings; those that disagree are an issue. */
export function agreed(config: object, { used, copies = [], otherwise }: Spellings, context: z.RefinementCtx): number {
  const given = (paths: readonly string[]): [string, number][] =>
    paths.flatMap((path): [string, number][] => {
      const value = path.split(".").reduce<unknown>((part, key) => (part as Readonly<Record<string, unknown>> | null | undefined)?.[key], config);
      return typeof value === "number" ? [[path, value]] : [];
    });
  const [first] = given(used);
  const [place, value] = first ?? ["the default", otherwise];
  for (const [path, other] of given([...used, ...copies])) {
    if (other !== value)
      context.addIssue({
        code: "custom",
        path: path.split("."),
        message: `${place} says ${value}, and versions of transformers differ in which they take; keep the right one; found ${other}`,
      });
  }
  return value;
}
