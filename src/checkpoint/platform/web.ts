import { embeddedModels } from "../embedded-models.ts";
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
  async sha256(path) {
    const digest = await crypto.subtle.digest("SHA-256", (await platform.readFile(path)) as Uint8Array<ArrayBuffer>);
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  },
  openFile: addressSource,
};
