import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { ConfigError } from "../model/strict-config.ts";

/**
 * The function that a module exports by default: what opens a data set, prepares data, or opens a suite of questions.
 * @param purpose - what errors say it should do, such as "opens a data set"
 * @throws ConfigError when there is no such file, it cannot be loaded, or it exports no function
 */
export async function importFunction<Exported extends (...given: never[]) => unknown>(path: string, purpose: string): Promise<Exported> {
  if (!existsSync(path)) throw new ConfigError(`the module ${path} is not there; name a TypeScript or JavaScript file whose default export ${purpose}`);
  let exported: unknown;
  try {
    exported = ((await import(pathToFileURL(path).href)) as { default?: unknown }).default;
  } catch (error) {
    throw new ConfigError(`the module ${path} cannot be loaded: ${(error as Error).message}`, { cause: error });
  }
  if (typeof exported !== "function") throw new ConfigError(`the module ${path} exports no function by default; it should be one that ${purpose}`);
  return exported as Exported;
}
