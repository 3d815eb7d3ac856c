import { hexDigest } from "../digest.ts";
import { embeddedModels } from "../embedded-models.ts";
import { CheckpointError } from "../errors.ts";
import type { CheckpointPlatform } from "./platform.ts";
import { addressSource } from "./web-file.ts";

export const platform: CheckpointPlatform = {
  async findModel(name) {
    const folder = embeddedModels.includes(name) ? new URL(`../../../models/${name}`, import.meta.url).href : new URL(name, globalThis.location.href).href;
    return `${folder.replace(/\/$/, "")}/`;
  },
  async readFile(path) {
    const response = await fetch(path);
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  },
  writeFile: (path) => Promise.reject(new CheckpointError(`${path} cannot be written: a browser has no files of its own; keep the bytes instead`)),
  async sha256(path) {
    return hexDigest(await platform.readFile(path));
  },
  openFile: addressSource,
};
