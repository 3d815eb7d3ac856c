import { bytesOf, fetchFile } from "../../data/platform/web-fetch.ts";
import { addressSource } from "../../data/platform/web-file.ts";
import { checkpointSource } from "../checkpoint-source.ts";
import { hexDigest } from "../digest.ts";
import { isEmbedded } from "../embedded-models.ts";
import { CheckpointError } from "../errors.ts";
import type { CheckpointPlatform } from "./platform.ts";

/** Begins the location of an embedded model: a bundler gives each of its files an address of its own. */
const embedded = "embedded:";

export const platform: CheckpointPlatform = {
  async findModel(name) {
    if (name === "nano") return `${embedded}${name}/`;
    if (isEmbedded(name))
      throw new CheckpointError(`"${name}" is not embedded in pages: put all its files into a folder of the server, and load that by its address`);
    const page = globalThis.location.href;
    if (!URL.canParse(name, page)) throw new CheckpointError(`"${name}" is neither the embedded model (nano) nor an address`);
    const { href, search, hash } = new URL(name, page);
    if (search !== "" || hash !== "") throw new CheckpointError(`${href}: give the address of the model's folder, without ${search}${hash}`);
    return `${href.replace(/\/$/, "")}/`;
  },
  async readFile(path) {
    return readingEmbedded(path, async (address) => bytesOf(await fetchFile(address)));
  },
  writeFile: (path) => Promise.reject(new CheckpointError(`${path} cannot be written: a browser has no files of its own; keep the bytes instead`)),
  async sha256(path) {
    return hexDigest(await platform.readFile(path));
  },
  openFile: (path) => readingEmbedded(path, (address) => checkpointSource(addressSource(address))),
};

/** @param path - as it is, or of an embedded model's file */
async function readingEmbedded<Result>(path: string, read: (address: string) => Promise<Result>): Promise<Result> {
  if (!path.startsWith(embedded)) return read(path);
  // Loaded when it is needed: to a bundler it is a chunk of its own.
  const { nanoFiles } = await import("./web-nano.ts");
  const file = path.slice(path.indexOf("/") + 1);
  const address = nanoFiles[file];
  if (address === undefined) throw new CheckpointError(`${path} does not come with the package`);
  try {
    return await read(address);
  } catch (error) {
    throw new CheckpointError(
      `the embedded model's ${file} does not come from ${address}: ${(error as Error).message}. Does the bundler leave out what \`new URL("…", import.meta.url)\` names? Copy models/nano of the package to the server, and load it by its address`,
      { cause: error },
    );
  }
}
