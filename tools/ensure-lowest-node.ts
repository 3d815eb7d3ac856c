/** Installs the oldest Node that the package runs on, into the user's cache: with it tests use the package as somebody does who has not updated. Where no package brings it these tests are left out. */
import { spawnSync } from "node:child_process";
import { findLowestNode, lowestNodeFolder, lowestNodePackage, lowestNodeVersion } from "./lowest-node.ts";

if (findLowestNode() === undefined)
  spawnSync(
    "npm",
    ["install", "--prefix", lowestNodeFolder, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", `${lowestNodePackage}@${lowestNodeVersion}`],
    {
      stdio: ["ignore", "ignore", "inherit"],
      timeout: 600_000,
      shell: process.platform === "win32",
    },
  );
if (findLowestNode() === undefined)
  process.stderr.write(`There is no Node ${lowestNodeVersion} for this platform: the package will be tested with this Node alone.\n`);
