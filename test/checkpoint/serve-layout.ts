/** Serves the repository of the layout test until its input ends: for `tools/reference/hub_layout.py`. */

import { layoutName, layoutRepository } from "./hub-layout.ts";
import { startLoopbackHub } from "./loopback-hub.ts";

const hub = await startLoopbackHub({ [layoutName]: layoutRepository });
process.stdout.write(`${hub.endpoint}\n`);
process.stdin.resume().on("end", () => void hub.close());
