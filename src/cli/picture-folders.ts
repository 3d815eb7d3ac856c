import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { readInside } from "../data/platform/node-page-files.ts";
import { DataError } from "../index.ts";

const megabytes = 20;

/** Pictures that are named by their paths, out of these folders alone, through links too. What has a scheme is passed on as it is. */
export function pictureFolders(folders: readonly string[]): (given: string) => Promise<string> {
  const roots = Promise.all(folders.map((folder) => realpath(folder)));
  roots.catch(() => {});
  return async (given) => {
    if (/^(data|https?):/i.test(given)) return given;
    const found = await roots;
    if (found.length === 0) throw new DataError("this server opens no files: give the picture as a data URL, or start flamingo mcp with --pictures FOLDER");
    for (const root of found) {
      const file = await readInside(pathToFileURL(resolve(root, given)), found, megabytes);
      if ("bytes" in file) return `data:application/octet-stream;base64,${Buffer.from(file.bytes).toString("base64")}`;
      if (file.failure === "too large") throw new DataError(`${given} is larger than ${megabytes} MB`);
    }
    throw new DataError(`there is no picture ${given} in ${folders.join(", ")}`);
  };
}
