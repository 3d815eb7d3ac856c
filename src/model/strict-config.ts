import * as z from "zod";

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

/**
 * What has to be said of a config for it to be this one, its keys in order: values that would be there anyway are left out. What is known by a config, such as features that are kept, is so known by the same words in later versions,
 * whose new options have the values that leave things as they were.
 * @param parse - checks a config and fills in its defaults
 */
export function withoutDefaults(config: object, parse: (input: unknown) => object): Readonly<Record<string, unknown>> {
  const wanted = ordered(parse(config));
  const said = JSON.parse(wanted) as Record<string, unknown>;
  const isSaid = (): boolean => {
    try {
      return ordered(parse(said)) === wanted;
    } catch (error) {
      if (error instanceof ConfigError) return false;
      throw error;
    }
  };
  const leaveOut = (part: Record<string, unknown>): void => {
    for (const key of Object.keys(part)) {
      const value = part[key];
      delete part[key];
      if (isSaid()) continue;
      part[key] = value;
      if (typeof value === "object" && value !== null && !Array.isArray(value)) leaveOut(value as Record<string, unknown>);
    }
  };
  leaveOut(said);
  return said;
}

/** As JSON, keys in order. */
function ordered(config: object): string {
  return JSON.stringify(config, (_, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

interface JsonSchema {
  /** What an unknown key of an object that others define is said to be; see `checkpoint/published/published-object.ts`. */
  readonly unknownKey?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  /** Of the values under all other keys. */
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly const?: unknown;
}

function explain(issue: z.core.$ZodIssue, grammar: JsonSchema, input: unknown): string {
  const at = (key?: PropertyKey): string => [...issue.path, ...(key === undefined ? [] : [key])].join(".");
  if (issue.code === "unrecognized_keys") {
    const valid = validKeys(grammar, issue.path, input);
    const { unknownKey: meaning } = schemaAt(grammar, issue.path, input);
    const advice = (key: string): string =>
      meaning === undefined ? `valid keys there: ${valid.join(", ")}${meant(key, valid)}` : `${meaning}${known(key, valid)}`;
    return issue.keys.map((key) => `unknown key "${at(key)}"; ${advice(key)}`).join("\n  ");
  }
  if (issue.code === "invalid_union" && issue.discriminator !== undefined) {
    const path = issue.path.at(-1) === issue.discriminator ? issue.path.slice(0, -1) : issue.path;
    const kinds = alternatives(schemaAt(grammar, path, input)).map((option) => JSON.stringify(option.properties?.[issue.discriminator!]?.const));
    return `"${[...path, issue.discriminator].join(".")}" must be one of ${kinds.join(", ")}; found ${shown(valueAt(input, [...path, issue.discriminator]))}`;
  }
  if (issue.code === "custom") return issue.path.length > 0 ? `"${at()}": ${issue.message}` : issue.message;
  const found = valueAt(input, issue.path);
  const hint = issue.code === "invalid_value" && typeof found === "string" ? meant(found, issue.values.map(String)) : "";
  return `"${at()}": ${issue.message}; found ${shown(found)}${hint}`;
}

/** A value as JSON; large whole numbers of binary files as well. */
export function asJson(value: unknown): string | undefined {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? Number(each) : each));
}

/** The same in at most a line. */
export function shown(value: unknown): string {
  const text = asJson(value) ?? "nothing";
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

function meant(key: string, valid: readonly string[]): string {
  const best = nearest(key, valid);
  return best === undefined ? "" : `; perhaps "${best}" was meant`;
}

function known(key: string, keys: readonly string[]): string {
  const best = nearest(key, keys);
  return best === undefined ? "" : ` (known is "${best}")`;
}

/** The known key that is written most like another one, if any is: the key that was meant, or its neighbour. */
function nearest(key: string, known: readonly string[]): string | undefined {
  const [best] = known.map((each) => ({ each, edits: edits(key, each) })).sort((a, b) => a.edits - b.edits);
  return best !== undefined && best.edits <= key.length / 3 ? best.each : undefined;
}

/** Letters to insert, to remove or to change (Levenshtein, 1966). */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...from].entries()) {
    const above = row;
    row = [i + 1];
    for (let j = 0; j < to.length; j++) row.push(Math.min(above[j + 1]! + 1, row[j]! + 1, above[j]! + (letter === to[j] ? 0 : 1)));
  }
  return row[to.length]!;
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
  const others = typeof chosen.additionalProperties === "object" ? chosen.additionalProperties : undefined;
  const next = typeof key === "number" ? chosen.items : (chosen.properties?.[String(key)] ?? others);
  return next === undefined ? {} : schemaAt(next, rest, valueAt(input, [key]));
}

function choose(grammar: JsonSchema, input: unknown): JsonSchema {
  const objects = alternatives(grammar).filter(({ properties }) => properties !== undefined);
  if (objects.length === 1) return objects[0]!;
  const fitting = objects.filter(({ properties }) =>
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
