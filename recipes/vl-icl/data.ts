/** `flamingo data vl-icl`: makes the data sets of VL-ICL Bench that can be made, in the form of the published ones. */
import { resolve } from "node:path";
import type { PrepareData } from "flamingo-vlm/data";
import { parseConfig } from "flamingo-vlm/model";
import * as z from "zod";
import { makeVlIcl } from "./make.ts";

const optionsConfig = z.strictObject({ out: z.string().default("data/vl-icl"), seed: z.number().int().nonnegative().default(1) });

const prepare: PrepareData = async (options, show, signal) => {
  const { out, seed } = parseConfig(optionsConfig, options, "VL-ICL's data");
  return { folder: resolve(out), ...(await makeVlIcl({ out, seed, show, signal })) };
};
export default prepare;
