/**
 * Objects that others define: configs, descriptions, metadata. Each of their keys is read, or is known to change nothing here, or is refused unless it has the value with which it changes nothing.
 * A key that is none of these is an error that names it: it might change what the model computes.
 */
import * as z from "zod";
import { asJson, shown } from "../../model/strict-config.ts";

export interface KnownKeys<Read extends z.core.$ZodShape> {
  readonly read: Read;
  /** Keys that change nothing here, whatever they say. */
  readonly nothing?: readonly string[];
  /** Keys of what is not computed here, with the values at which they change nothing. */
  readonly only?: Readonly<Record<string, readonly unknown[]>>;
}

export function publishedObject<Read extends z.core.$ZodShape>({ read, nothing = [], only = {} }: KnownKeys<Read>): z.ZodObject<Read, z.core.$strict> {
  const ignored = Object.fromEntries(nothing.map((key) => [key, z.unknown().optional()]));
  const refused = Object.fromEntries(Object.entries(only).map(([key, values]) => [key, onlyValues(values)]));
  return z
    .strictObject({ ...ignored, ...refused, ...read })
    .meta({ unknownKey: "it is not known here, and might change what the model computes: take it out if it does not" }) as unknown as z.ZodObject<
    Read,
    z.core.$strict
  >;
}

/** One of these JSON values, or nothing. */
function onlyValues(values: readonly unknown[]): z.ZodOptional<z.ZodUnknown> {
  const allowed = values.map(asJson);
  const error = (issue: { readonly input?: unknown }): string =>
    `only ${allowed.join(" or ")} is possible here, where it changes nothing; found ${shown(issue.input)}`;
  return z
    .unknown()
    .refine((value) => value === undefined || allowed.includes(asJson(value)), { error })
    .optional();
}

/** Keys in rows, with spaces between them. */
export function keys(...rows: readonly string[]): readonly string[] {
  return rows.flatMap((row) => row.split(" "));
}
