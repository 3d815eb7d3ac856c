import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "./errors.ts";

/** Sources in a checkout; in the installed package what is built of them. */
const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
const recipes = fileURLToPath(new URL(extension === "ts" ? "../../recipes" : "../recipes", import.meta.url));

/**
 * A module of a recipe, by the recipe's name where it comes with the package (`nano`, `nano/photographs-suite`), else by its path.
 * @param file - which of the recipe's modules is meant where only the recipe is named
 * @throws UsageError when it is no path, and no recipe has such a module
 */
export function recipeModule(name: string, file: string): string {
  if (/\.[cm]?[jt]s$/.test(name)) return resolve(name);
  const path = join(recipes, `${name.includes("/") ? name : `${name}/${file}`}.${extension}`);
  if (existsSync(path)) return path;
  const known = existsSync(recipes) ? readdirSync(recipes).filter((recipe) => existsSync(join(recipes, recipe, `${file}.${extension}`))) : [];
  throw new UsageError(`there is no recipe with the ${file} "${name}"; there are: ${known.join(", ")}. Or name a TypeScript or JavaScript file`);
}
