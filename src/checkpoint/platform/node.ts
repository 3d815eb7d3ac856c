import { existsSync } from "node:fs";
import { readFile, realpath } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { fileSource } from "../../data/platform/node-file.ts";
import { writeWhole } from "../../data/platform/node-write.ts";
import { checkpointSource } from "../checkpoint-source.ts";
import { isEmbedded } from "../embedded-models.ts";
import { CheckpointError } from "../errors.ts";
import { fileSha256 } from "./node-hash.ts";
import type { CheckpointPlatform, FindOptions } from "./platform.ts";

export const platform: CheckpointPlatform = {
  async findModel(name, options) {
    const shipped = `${fileURLToPath(new URL(`../../../models/${name}`, import.meta.url))}/`;
    if (isEmbedded(name) && existsSync(`${shipped}flamingo.json`)) return shipped;
    const folder = resolve(name);
    if (isEmbedded(name) && !existsSync(folder))
      throw new CheckpointError(
        `the files of the embedded model "${name}" are not at ${shipped}: did a bundler take the package in? It brings files, a worker and native parts, so a bundle for Node leaves it outside (esbuild: --packages=external or --external:flamingo-vlm)`,
      );
    // Models of the hub are called OWNER/NAME; what is there as a folder is meant as one.
    const onHub = !existsSync(folder) && /^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(name);
    return `${onHub ? await pulled(name, folder, options) : folder}/`;
  },
  async readFile(path) {
    return readFile(path);
  },
  async writeFile(path, bytes) {
    await writeWhole(path, bytes).catch((error: Error) => {
      throw new CheckpointError(error.message, { cause: error });
    });
  },
  sha256: fileSha256,
  async fetchedFile(file) {
    const [{ fetchedPath }, { readHubSettings }] = await Promise.all([
      import("../hub/platform/node-referenced-file.ts"),
      import("../hub/platform/node-settings.ts"),
    ]);
    return fetchedPath(file, await readHubSettings());
  },
  openFile: (path) => checkpointSource(fileSource(path)),
  async placeOf(path) {
    const real = await realpath(path);
    return { folder: dirname(real), name: basename(real) };
  },
};

async function pulled(name: string, folder: string, { onProgress, signal }: FindOptions): Promise<string> {
  // Loaded when it is needed: most models are on the disk.
  const [{ pulledModel, pullModel }, { readHubSettings }] = await Promise.all([
    import("../hub/platform/node-pull-model.ts"),
    import("../hub/platform/node-settings.ts"),
  ]);
  const settings = await readHubSettings();
  const there = await pulledModel(name, settings);
  if (there !== undefined) return there;
  const pulling = pullModel({ name, settings, ...(signal === undefined ? {} : { signal }) });
  try {
    let result = await pulling.next();
    for (; result.done !== true; result = await pulling.next()) onProgress?.(result.value);
    return result.value.folder;
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    throw new CheckpointError(`cannot load the model "${name}": there is no folder ${folder}, and from the hub: ${error.message}`, { cause: error });
  }
}
