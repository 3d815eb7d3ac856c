/** `flamingo data easy-vqa`: fetches the Python package, and writes its questions as JSONL with their pictures beside them. */
import { resolve } from "node:path";
import type { PrepareData } from "flamingo-vlm/data";
import { parseConfig } from "flamingo-vlm/model";
import * as z from "zod";
import { makeEasyVqa } from "./make.ts";

const optionsConfig = z.strictObject({ out: z.string().default("data/easy-vqa") });

const prepare: PrepareData = async (options, show, signal) => {
  const { out } = parseConfig(optionsConfig, options, "easy-VQA's data");
  return { folder: resolve(out), ...(await makeEasyVqa(out, show, signal)) };
};
export default prepare;
