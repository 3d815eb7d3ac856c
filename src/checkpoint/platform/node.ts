import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { embeddedModels } from "../embedded-models.ts";
import { CheckpointError } from "../errors.ts";
import { fileSource } from "./node-file.ts";
import type { CheckpointPlatform } from "./platform.ts";

export const platform: CheckpointPlatform = {
  resolveModel(name) {
    const folder = embeddedModels.includes(name) ? fileURLToPath(new URL(`../../../models/${name}`, import.meta.url)) : resolve(name);
    return `${folder}/`;
  },
  async readFile(path) {
    return readFile(path);
  },
  async writeFile(path, bytes) {
    const temporary = `${path}.${process.pid}.tmp`;
    try {
      await writeFile(temporary, bytes);
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw new CheckpointError(`${path} cannot be written (${(error as Error).message})`, { cause: error });
    }
  },
  openFile: fileSource,
};
