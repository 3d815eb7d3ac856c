import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The oldest Node that the package promises to run on: "engines" in package.json. */
export const lowestNodeVersion = "22.18.0";

/** The package that brings it, of which there is one for each platform. */
export const lowestNodePackage = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;

export const lowestNodeFolder = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "flamingo-vlm", `node-${lowestNodeVersion}`);

/** Where it was installed. @returns undefined when it was not */
export function findLowestNode(): string | undefined {
  const path = join(lowestNodeFolder, "node_modules", lowestNodePackage, process.platform === "win32" ? "node.exe" : "bin/node");
  return existsSync(path) ? path : undefined;
}
