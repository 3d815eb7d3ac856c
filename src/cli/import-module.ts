import { statSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { ConfigError } from "../model/strict-config.ts";

/**
 * The default export of a module.
 * @param purpose - what errors say that it should be, such as "describes a training run"
 * @throws ConfigError when there is no such file, or it cannot be loaded
 */
export async function importDefault(path: string, purpose: string): Promise<unknown> {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    throw new ConfigError(`the module ${path} is not there; name a TypeScript or JavaScript file whose default export ${purpose}`);
  try {
    return ((await import(pathToFileURL(path).href)) as { default?: unknown }).default;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason =
      code === "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING" ? "Node runs no TypeScript in node_modules; copy its folder into your project" : message;
    throw new ConfigError(`the module ${path} cannot be loaded: ${reason}`, { cause: error });
  }
}

/**
 * Calls the function that a module exports by default: what opens a data set, prepares data, or opens a suite of questions.
 * @param purpose - what errors say that it should do, such as "opens a data set"
 * @param fits - whether what it gave can be that
 * @throws ConfigError when there is no such function, or it gave something else
 */
export async function callModule<Exported extends (...given: never[]) => unknown>(
  path: string,
  purpose: string,
  fits: (result: Readonly<Record<string, unknown>>) => boolean,
  ...given: Parameters<Exported>
): Promise<Awaited<ReturnType<Exported>>> {
  const exported = await importDefault(path, purpose);
  if (typeof exported !== "function") throw new ConfigError(`the module ${path} exports no function by default; it should be one that ${purpose}`);
  const result = await (exported as Exported)(...given);
  if (typeof result !== "object" || result === null || !fits(result as Readonly<Record<string, unknown>>))
    throw new ConfigError(`the default export of the module ${path} gave something else than it should; it should be a function that ${purpose}`);
  return result as Awaited<ReturnType<Exported>>;
}
