/** Everything that can be measured with what packages hold: nano's suite, VL-ICL Bench as far as it can be made, and easy-VQA's test split. What is not there yet is fetched and made. */
import type { OpenSuite, Suite } from "flamingo-vlm/evaluate";
import easyVqa from "../easy-vqa/suite.ts";
import nano from "../nano/suite.ts";
import vlIcl from "../vl-icl/suite.ts";

const openSuite: OpenSuite = async (options) => {
  if (options.pictures !== undefined) throw new Error("--pictures: the packaged suite is several, each with its own pictures; give them to one of those");
  const suites: Suite[] = [];
  for (const open of [nano, vlIcl, easyVqa]) suites.push(await open(options));
  const owners = new Map<string, Suite>();
  for (const suite of suites) {
    for (const { shots, query } of suite.tasks.flatMap(({ cases }) => cases)) {
      for (const { path } of [...shots, query].flatMap(({ media }) => media)) {
        if ((owners.get(path) ?? suite) !== suite) throw new Error(`two suites have a picture "${path}"; rename it in one of them`);
        owners.set(path, suite);
      }
    }
  }
  return { tasks: suites.flatMap(({ tasks }) => tasks), fileOf: (path) => owners.get(path)!.fileOf(path) };
};
export default openSuite;
