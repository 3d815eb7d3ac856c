/**
 * Installs what tests take from Python's packages into a virtual environment of their own: clients of OpenAI's interface and schemathesis, with which they ask our server as people do, and SeaweedFS, in whose buckets it keeps support sets. Without Python or an index of its packages
 * these tests are left out.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { hasPythonClients, hasSeaweed, pythonClientsFolder, pythonProgram } from "./python-clients.ts";

const run = (command: string, ...args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: ["ignore", "ignore", "inherit"], timeout: 600_000 }).status === 0;

const wanted = [
  { isThere: hasPythonClients, requirements: "python-clients.txt", untested: "its clients and schemathesis" },
  { isThere: hasSeaweed, requirements: "seaweedfs.txt", untested: "support sets in a bucket" },
];
const missing = (): typeof wanted => wanted.filter(({ isThere }) => !isThere());

if (missing().length > 0 && ["python3", "python"].some((python) => run(python, "-m", "venv", pythonClientsFolder)))
  for (const { requirements } of missing())
    run(pythonProgram("python"), "-m", "pip", "install", "--quiet", "--requirement", fileURLToPath(new URL(requirements, import.meta.url)));
for (const { untested } of missing()) process.stderr.write(`There is no Python, or its packages cannot be installed: ${untested} will not be tested.\n`);
