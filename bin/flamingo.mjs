#!/usr/bin/env node
// Runs the TypeScript sources where they are (a checkout), else the built package. Sources need Node 22.18 or newer: the system's, or the one that npm installed.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const installed = path("../node_modules/.bin/node");
const [major, minor] = process.versions.node.split(".").map(Number);
const capable = major > 22 || (major === 22 && minor >= 18);
const sources = existsSync(path("../src/cli/main.ts"));
if (!capable && !existsSync(installed)) {
  process.stderr.write(`flamingo: Node 22.18 or newer is needed, this is ${process.version}; install a newer one\n`);
  process.exit(1);
}
const script = sources ? ["--conditions=flamingo-source", path("../src/cli/main.ts")] : [path("../dist/cli/main.js")];
const child = spawn(capable ? process.execPath : installed, ["--disable-warning=ExperimentalWarning", ...script, ...process.argv.slice(2)], { stdio: "inherit" });
// The terminal sends Ctrl-C to both; this one waits for what the child makes of it.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
  process.stderr.write(`flamingo: ${error.message}\n`);
  process.exitCode = 1;
});
child.on("exit", (code, signal) => {
  process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
});
