import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { RunFiles } from "../run-checkpoint.ts";

/** Files of a run in a folder, which is made when it is first written to. */
export function runFolder(folder: string): RunFiles {
  return {
    async read(name) {
      return readFile(join(folder, name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw error;
      });
    },
    async write(name, bytes) {
      await mkdir(folder, { recursive: true });
      const target = join(folder, name);
      const temporary = `${target}.tmp`;
      try {
        const file = await open(temporary, "w");
        try {
          await file.writeFile(bytes);
          // Without this a power cut after the rename could leave an empty file under the final name.
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(temporary, target);
      } catch (error) {
        await rm(temporary, { force: true });
        throw new Error(`cannot write ${target} (${(error as Error).message}); the previous one, if any, is still there. Make room and resume`, {
          cause: error,
        });
      }
    },
  };
}
