/** Another domain: photographs, for results only. `flamingo data nano/photographs-data` fetches them. */
import { join } from "node:path";
import type { OpenSuite } from "flamingo-vlm/evaluate";
import { openPhotographIndex } from "./drawings/fetch-photographs.ts";
import { photographTasks } from "./evaluation/photograph-cases.ts";

const openSuite: OpenSuite = async ({ pictures: folder = "data/photographs", limit, seed }) => ({
  tasks: photographTasks(await openPhotographIndex(folder), limit, seed),
  fileOf: (id) => join(folder, id),
});
export default openSuite;
