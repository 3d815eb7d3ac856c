import { readFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { jsonOf } from "../data/text-file.ts";
import { ConfigError } from "../model/strict-config.ts";
import { importDefault } from "./import-module.ts";

/**
 * Reads a config file: the default export of a TypeScript or JavaScript module, or a JSON object.
 * @throws {@link ConfigError} when the file is missing, cannot be read as such, or holds something else
 */
export async function readConfiguration(file: string): Promise<Record<string, unknown>> {
  const path = resolve(file);
  const content: unknown = extname(path) === ".json" ? await readJson(path) : await importDefault(path, "is a config");
  if (!isRecord(content)) throw new ConfigError(`${file}: a config must be an object; found ${content === undefined ? "no default export" : typeof content}`);
  return content;
}

async function readJson(path: string): Promise<unknown> {
  try {
    return jsonOf(await readFile(path), path);
  } catch (error) {
    throw new ConfigError(`cannot read the config ${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** `fusion.every=4` as a path and a value. Values are JSON where they read as JSON (`4`, `true`, `[1,2]`), else text. */
export interface Override {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Reads one `--set KEY=VALUE`. @throws {@link ConfigError} when it is not of that form */
export function parseOverride(text: string): Override {
  const equals = text.indexOf("=");
  const path = text.slice(0, Math.max(equals, 0)).split(".");
  if (equals < 0 || path.some((key) => !/^[\w-]+$/.test(key))) {
    throw new ConfigError(`--set ${text}: write KEY=VALUE, where KEY is a dotted path such as fusion.every`);
  }
  return { path, value: parseValue(text.slice(equals + 1)) };
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A copy of `configuration` with the overrides applied in order. Keys are not checked here: the schema does that. */
export function withOverrides(configuration: Readonly<Record<string, unknown>>, overrides: readonly Override[]): Record<string, unknown> {
  return overrides.reduce<Record<string, unknown>>((config, { path, value }) => setAt(config, path, value), { ...configuration });
}

function setAt(config: Readonly<Record<string, unknown>>, [key, ...rest]: readonly string[], value: unknown): Record<string, unknown> {
  if (key === undefined) return { ...config };
  return { ...config, [key]: rest.length === 0 ? value : setWithin(config[key], rest, value) };
}

/** Elements of lists are named by their place: `data.0.rows`. Anything that is no list is taken for an object. */
function setWithin(inner: unknown, path: readonly string[], value: unknown): unknown {
  if (!Array.isArray(inner)) return setAt(isRecord(inner) ? inner : {}, path, value);
  const [key, ...rest] = path;
  const place = Number(key);
  if (!/^\d+$/.test(key!) || place >= inner.length) {
    throw new ConfigError(`--set: "${path.join(".")}" names nothing in a list of ${inner.length}; write a number from 0 to ${inner.length - 1} first`);
  }
  return inner.with(place, rest.length === 0 ? value : setWithin(inner[place], rest, value));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
