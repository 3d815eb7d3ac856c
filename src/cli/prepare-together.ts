import { ConfigError } from "../model/strict-config.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { gatherText } from "../train/distribute/gather-text.ts";
import { firstRankFirst, type Ranks } from "../train/distribute/ranks.ts";
import { runFolder } from "../train/platform/node-run-files.ts";
import type { TrainingConfig } from "../train/training-config.ts";
import { progressLine } from "./progress-line.ts";
import { prepareTraining, type TrainingInputs, type TrainingPlaces } from "./training-inputs.ts";

/**
 * Prepares training in one or several processes. What is learnt and encoded before training is there for the others when the first has done it.
 * @throws ConfigError when they were not given the same config, or do not see the same folder
 */
export async function prepareTogether(config: TrainingConfig, places: TrainingPlaces, runtime: Runtime, ranks: Ranks): Promise<TrainingInputs> {
  const configs = await gatherText(ranks, JSON.stringify(config));
  const other = configs.findIndex((each) => each !== configs[0]);
  if (other > 0) throw new ConfigError(`rank ${other} was given another config than rank 0; all machines need the same one`);
  return firstRankFirst(ranks, async () => {
    if (ranks.rank > 0 && (await runFolder(places.folder).read("tokenizer.json")) === undefined)
      throw new ConfigError(
        `rank ${ranks.rank} does not find in ${places.folder} what rank 0 has put there; with several machines, "--out" has to be a folder that they share`,
      );
    return prepareTraining(config, places, runtime, ranks.rank === 0 ? progressLine() : () => {}, ranks);
  });
}
