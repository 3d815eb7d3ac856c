/** `flamingo data nano/unsure-photographs-data`: writes which photographs the frozen encoder's classifier cannot name. Whoever changes the encoder or the threshold runs it again. */
import { join, resolve } from "node:path";
import { Flamingo, image } from "flamingo-vlm";
import type { PrepareData } from "flamingo-vlm/data";
import { writeWhole } from "flamingo-vlm/files";
import { parseConfig } from "flamingo-vlm/model";
import * as z from "zod";
import { nameOf, naming } from "./classes/class-names.ts";
import { openPhotographIndex } from "./drawings/fetch-photographs.ts";
import { classProbabilities } from "./evaluation/classifier-baseline.ts";
import { sceneLabels, thingLabels } from "./evaluation/photograph-names.ts";

const optionsConfig = z.strictObject({
  model: z.string().default("nano"),
  pictures: z.string().default("data/photographs"),
  out: z.string().default("recipes/nano/evaluation/unsure-photographs.json"),
});

const prepare: PrepareData = async (options, show, signal) => {
  const { model: name, pictures, out } = parseConfig(optionsConfig, options, "the unsure photographs");
  const { sources } = await openPhotographIndex(pictures);
  const files = sources.flatMap(({ photographs }) => photographs.map(({ file }) => file)).filter((file) => thingLabels.has(file) || sceneLabels.has(file));
  const model = await Flamingo.load(name);
  const unsure: string[] = [];
  try {
    for (const [i, file] of files.entries()) {
      signal.throwIfAborted();
      if (nameOf(await classProbabilities(model, image(join(pictures, file))), naming) === undefined) unsure.push(file);
      show(`photographs ${i + 1}/${files.length}`, i + 1 === files.length);
    }
  } finally {
    await model.dispose();
  }
  await writeWhole(resolve(out), `${JSON.stringify({ naming, photographs: unsure }, undefined, 1)}\n`);
  return { out: resolve(out), photographs: files.length, unsure: unsure.length };
};
export default prepare;
