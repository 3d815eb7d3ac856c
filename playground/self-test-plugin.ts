import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Plugin } from "vite";

const name = "virtual:self-test";
const program = fileURLToPath(new URL("./self-test-scores.ts", import.meta.url));

/** What the CPU makes of the self-test, stored in the page when it is built: what a graphics card makes of it has to be the same. */
export function selfTest(): Plugin {
  return {
    name: "self-test",
    resolveId: (id) => (id === name ? `\0${name}` : null),
    async load(id) {
      if (id !== `\0${name}`) return null;
      const { stdout } = await promisify(execFile)(process.execPath, ["--conditions=flamingo-source", program]);
      return `export const storedScores = ${stdout};`;
    },
  };
}
