/**
 * How far positions turn queries and keys, in the spellings of transformers: version 5 has it in `rope_parameters`, before that it was beside all else, and `rope_scaling` held what differs from
 * the plain form. The versions take different ones where several are there, so those must say the same.
 */
import { z } from "zod";
import { publishedObject } from "./published-object.ts";

const base = z.number().positive().nullish();
const share = z.number().positive().max(1).nullish();

/** Kinds other than the plain one are not computed, nor are those that differ from layer to layer. */
const plain = {
  rope_type: z.literal("default").nullish(),
  type: z.literal("default").nullish(),
  rope_theta: base,
} as const;
const known = {
  // Of the other kinds: the plain one does not use it.
  nothing: ["original_max_position_embeddings"],
  only: { factor: [1, null], attention_factor: [1, null] },
};
/** Families whose whole heads turn: the reference ignores another share in version 5, and fails at it before. */
const whole = publishedObject({ read: plain, ...known, only: { ...known.only, partial_rotary_factor: [1, null] } });
const partial = publishedObject({ read: { ...plain, partial_rotary_factor: share }, ...known });

export const rotaryKeys = { rope_parameters: whole.nullish(), rope_scaling: whole.nullish(), rope_theta: base } as const;
export const partialRotaryKeys = {
  rope_parameters: partial.nullish(),
  rope_scaling: partial.nullish(),
  rope_theta: base,
  partial_rotary_factor: share,
} as const;

export interface Spellings {
  /** Where the reference looks, as paths. */
  readonly used: readonly string[];
  /** Where the same is written a second time, and not looked at. */
  readonly copies?: readonly string[];
  /** What holds where nothing is said. */
  readonly otherwise: number;
}

export const ropeTheta: Spellings = { used: ["rope_parameters.rope_theta", "rope_scaling.rope_theta", "rope_theta"], otherwise: 10_000 };

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
