/** A config with one value changed after the other, and what becomes of it: is every key used, refused by name, or left aside? */

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What a reader does with another value of each key, by path. */
export interface KeyUses {
  /** The result is another one. */
  readonly used: readonly string[];
  /** An error names it. */
  readonly refused: readonly string[];
  /** Nothing happens. */
  readonly ignored: readonly string[];
  /** An error that does not name it. */
  readonly unnamed: readonly string[];
}

/**
 * @param read - gives what is made of a config; throws
 * @param config - which can be read
 * @param also - further keys that are added, with values at which they change nothing
 */
export function keyUses(read: (config: unknown) => unknown, config: object, also: Readonly<Record<string, unknown>> = {}): KeyUses {
  const whole = { ...also, ...config } as Record<string, Json>;
  const before = JSON.stringify(read(whole));
  const uses = { used: [] as string[], refused: [] as string[], ignored: [] as string[], unnamed: [] as string[] };
  for (const path of paths(whole)) {
    const name = path.join(".");
    try {
      const after = JSON.stringify(read(changedAt(whole, path)));
      (after === before ? uses.ignored : uses.used).push(name);
    } catch (error) {
      ((error as Error).message.includes(`"${name}"`) ? uses.refused : uses.unnamed).push(name);
    }
  }
  return uses;
}

/** Objects are changed in their parts, everything else as a whole. */
function* paths(value: Json, above: readonly string[] = []): Generator<readonly string[]> {
  for (const [key, each] of Object.entries(value as Readonly<Record<string, Json>>)) {
    if (typeof each === "object" && each !== null && !Array.isArray(each) && Object.keys(each).length > 0) yield* paths(each, [...above, key]);
    else yield [...above, key];
  }
}

function changedAt(value: Json, [key, ...rest]: readonly string[]): Json {
  if (key === undefined) return other(value);
  const object = value as Readonly<Record<string, Json>>;
  return { ...object, [key]: changedAt(object[key]!, rest) };
}

/** Another value of the same type, where there is one. */
function other(value: Json): Json {
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return value === 0 ? 1 : value * 2;
  if (typeof value === "string") return `${value}-other`;
  if (Array.isArray(value)) return value.length > 0 ? value.map((each) => other(each as Json)) : ["other"];
  return value === null ? 7 : { other: 1 };
}
