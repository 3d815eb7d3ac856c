import { copyFile, link, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { DataError } from "../../data/errors.ts";
import { writeWhole, writing } from "../../data/platform/node-write.ts";
import type { RunFiles } from "../run-files.ts";

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
      await writeWhole(join(folder, name), bytes, { durable: true, makeFolders: true }).catch((error: Error) => {
        throw new DataError(`${error.message}; the previous one, if any, is still there. Make room and resume`, { cause: error });
      });
    },
    list: () => readdir(folder).catch(() => []),
    async keep(name, as) {
      const [from, to] = [join(folder, name), join(folder, as)];
      const temporary = `${to}.${process.pid}.tmp`;
      await writing(to, async () => {
        try {
          // A second name costs nothing; not all file systems have them.
          await link(from, temporary).catch(() => copyFile(from, temporary));
          await rename(temporary, to);
        } finally {
          // Renaming one name of a file to another of its names leaves both.
          await rm(temporary, { force: true });
        }
      });
    },
    remove: (name) => rm(join(folder, name), { force: true }),
  };
}
