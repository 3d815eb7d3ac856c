import type { z } from "@hono/zod-openapi";
import { type ApiError, invalid } from "./errors.ts";

/** The first thing that is wrong with a request, with the name of its field. */
export function errorOf({ issues }: z.core.$ZodError): ApiError {
  const { issue, path } = innermost(issues[0]!, []);
  if (issue.code === "unrecognized_keys") {
    const param = nameOf([...path, issue.keys[0]!]);
    return invalid(`${param} is no field of this request: leave it out`, param, "unknown_parameter");
  }
  const param = nameOf(path) || "body";
  return invalid(`${param}: ${issue.message}`, param);
}

/** `messages[0].content` */
export function nameOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, key) => (typeof key === "number" ? `${name}[${key}]` : name === "" ? String(key) : `${name}.${String(key)}`), "");
}

interface Found {
  readonly issue: z.core.$ZodIssue;
  readonly path: readonly PropertyKey[];
}

/** Of the alternatives that a value might have been, what is wrong with the one that it is most like: the one that fits as far as possible. */
function innermost(issue: z.core.$ZodIssue, above: readonly PropertyKey[]): Found {
  const path = [...above, ...issue.path];
  if (issue.code !== "invalid_union") return { issue, path };
  const found = issue.errors.flatMap(([first]) => (first === undefined ? [] : [innermost(first, path)]));
  return found.reduce<Found>((best, each) => (each.path.length > best.path.length ? each : best), { issue, path });
}
