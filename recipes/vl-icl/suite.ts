/** VL-ICL Bench: made here where nothing else is said; `--pictures FOLDER` reads the authors' data. */
import { type OpenSuite, openVlIcl } from "flamingo-vlm/evaluate";
import { makeVlIcl } from "./make.ts";

const made = "data/vl-icl";

const openSuite: OpenSuite = async (options) => {
  const { pictures: published, show } = options;
  if (published === undefined) await makeVlIcl({ out: made, seed: 1, show });
  return openVlIcl(published ?? made, options);
};
export default openSuite;
