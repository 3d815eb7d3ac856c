import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { embeddedModels } from "../embedded-models.ts";
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
  openFile: fileSource,
};
