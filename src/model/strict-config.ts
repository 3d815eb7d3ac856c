import { z } from "zod";

/** A config, or an option of a call, that cannot be used: the message names every wrong key and says what would be valid there. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Checks `input` against a strict schema and fills in the defaults.
 * @param name - what is being read ("model config", a file), for the message
 * @throws {@link ConfigError} naming each wrong key with what would be valid
 */
export function parseConfig<Schema extends z.ZodType>(schema: Schema, input: unknown, name: string): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const grammar = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
  throw new ConfigError(`${name}: ${result.error.issues.map((issue) => explain(issue, grammar, input)).join("\n  ")}`);
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly const?: unknown;
}

function explain(issue: z.core.$ZodIssue, grammar: JsonSchema, input: unknown): string {
  const at = (key?: PropertyKey): string => [...issue.path, ...(key === undefined ? [] : [key])].join(".");
  if (issue.code === "unrecognized_keys") {
    const valid = validKeys(grammar, issue.path, input);
    return issue.keys.map((key) => `unknown key "${at(key)}"; valid keys there: ${valid.join(", ")}`).join("\n  ");
  }
  if (issue.code === "invalid_union" && issue.discriminator !== undefined) {
    const path = issue.path.at(-1) === issue.discriminator ? issue.path.slice(0, -1) : issue.path;
    const kinds = alternatives(schemaAt(grammar, path, input)).map((option) => JSON.stringify(option.properties?.[issue.discriminator!]?.const));
    return `"${[...path, issue.discriminator].join(".")}" must be one of ${kinds.join(", ")}; found ${JSON.stringify(valueAt(input, [...path, issue.discriminator]))}`;
  }
  if (issue.code === "custom") return issue.path.length > 0 ? `"${at()}": ${issue.message}` : issue.message;
  return `"${at()}": ${issue.message}; found ${JSON.stringify(valueAt(input, issue.path)) ?? "nothing"}`;
}

function validKeys(grammar: JsonSchema, path: readonly PropertyKey[], input: unknown): readonly string[] {
  const keys = alternatives(schemaAt(grammar, path, input)).flatMap(({ properties }) => Object.keys(properties ?? {}));
  return [...new Set(keys)];
}

/** The part of the grammar that describes `path`, following the alternative whose constants agree with the input. */
function schemaAt(grammar: JsonSchema, path: readonly PropertyKey[], input: unknown): JsonSchema {
  const [key, ...rest] = path;
  const chosen = choose(grammar, input);
  if (key === undefined) return chosen;
  const next = typeof key === "number" ? chosen.items : chosen.properties?.[String(key)];
  return next === undefined ? {} : schemaAt(next, rest, valueAt(input, [key]));
}

function choose(grammar: JsonSchema, input: unknown): JsonSchema {
  const fitting = alternatives(grammar).filter(({ properties }) =>
    Object.entries(properties ?? {}).every(([key, { const: value }]) => value === undefined || value === valueAt(input, [key])),
  );
  return fitting.length === 1 ? fitting[0]! : grammar; // `alternatives` has flattened nested unions
}

function alternatives(grammar: JsonSchema): readonly JsonSchema[] {
  const options = grammar.anyOf ?? grammar.oneOf;
  return options === undefined ? [grammar] : options.flatMap(alternatives);
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((value: unknown, key) => (typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined), input);
}
