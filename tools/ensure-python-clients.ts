/** Installs Python's clients of OpenAI's interface, and schemathesis, into a virtual environment of their own: with them tests ask our server as people do. Without Python or an index of its packages these tests are left out. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { hasPythonClients, pythonClientsFolder, pythonProgram } from "./python-clients.ts";

const run = (command: string, ...args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: ["ignore", "ignore", "inherit"], timeout: 600_000 }).status === 0;

if (!hasPythonClients() && ["python3", "python"].some((python) => run(python, "-m", "venv", pythonClientsFolder)))
  run(pythonProgram("python"), "-m", "pip", "install", "--quiet", "--requirement", fileURLToPath(new URL("python-clients.txt", import.meta.url)));
if (!hasPythonClients()) process.stderr.write("There is no Python, or its packages cannot be installed: its clients and schemathesis will not be tested.\n");
