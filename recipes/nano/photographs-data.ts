/** `flamingo data nano/photographs-data`: photographs of another domain (copyleft, for results only) from Debian packages; needs apt and dpkg. */
import { resolve } from "node:path";
import type { PrepareData } from "flamingo-vlm/data";
import { parseConfig } from "flamingo-vlm/model";
import * as z from "zod";
import { fetchPhotographs, openPhotographIndex } from "./drawings/fetch-photographs.ts";

const optionsConfig = z.strictObject({ out: z.string().default("data/photographs") });

const prepare: PrepareData = async (options, show, signal) => {
  const out = resolve(parseConfig(optionsConfig, options, "the photographs").out);
  for await (const { done, total } of fetchPhotographs(out, signal)) show(`packages ${done}/${total}`, done === total);
  const { sources } = await openPhotographIndex(out);
  return { out, ...Object.fromEntries(sources.map(({ id, photographs }) => [id, photographs.length])) };
};
export default prepare;
