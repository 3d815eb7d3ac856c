import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Where Python's clients are installed: what the environment variable PYTHON_CLIENTS names, or a folder of the user's cache. */
export const pythonClientsFolder =
  process.env["PYTHON_CLIENTS"] ?? join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "flamingo-vlm/python-clients");

const binaries = join(pythonClientsFolder, process.platform === "win32" ? "Scripts" : "bin");

/** A program of theirs. */
export const pythonProgram = (name: string): string => join(binaries, process.platform === "win32" ? `${name}.exe` : name);

/** Whether they were installed to the end: pip writes programs last. */
export const hasPythonClients = (): boolean => ["python", "litellm", "schemathesis"].every((name) => existsSync(pythonProgram(name)));

/** SeaweedFS: a server of S3's interface that a Python package brings. */
export const seaweedProgram = pythonProgram("weed");
export const hasSeaweed = (): boolean => existsSync(seaweedProgram);
