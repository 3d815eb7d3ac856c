/**
 * Installs a Chromium for the browser tests where there is none: with the system's packages, else with playwright's installer. Beside Debian's Chromium lies a software Vulkan device, which
 * the WebGPU test reaches through Vulkan's loader: a package of its own.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { findChromium } from "./chromium.ts";

function run(command: string, args: readonly string[]): boolean {
  process.stderr.write(`${command} ${args.join(" ")}\n`);
  return (
    spawnSync(command, args, { stdio: ["ignore", "ignore", "inherit"], timeout: 600_000, env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } })
      .status === 0
  );
}

function installed(name: string): boolean {
  return spawnSync("dpkg", ["--status", name], { encoding: "utf8" }).stdout?.includes("Status: install ok installed") ?? false;
}

const packaged = process.platform === "linux" && process.getuid?.() === 0;
const wanted = packaged ? [...(findChromium() === undefined ? ["chromium"] : []), ...(installed("libvulkan1") ? [] : ["libvulkan1"])] : [];
if (wanted.length > 0 && run("apt-get", ["update", "-q"])) run("apt-get", ["install", "-q", "-y", "--no-install-recommends", ...wanted]);
if (findChromium() === undefined)
  run(process.execPath, [fileURLToPath(new URL("cli.js", import.meta.resolve("playwright-core/package.json"))), "install", "chromium-headless-shell"]);
const found = findChromium();
// The other tests run all the same; those in the browser fail and say why.
process.stderr.write(
  found === undefined
    ? "No Chromium was found or could be installed: the browser tests will fail. Install one, or name it in the environment variable CHROMIUM.\n"
    : `browser tests: ${found}\n`,
);
