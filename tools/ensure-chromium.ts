/** Finds a Chromium for the browser tests, or installs one: with playwright's own installer, else with the system's packages. Prints its path. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const known = [process.env["CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];

function find(): string | undefined {
  return known.find((path) => path !== undefined && existsSync(path));
}

function run(command: string, args: readonly string[]): boolean {
  process.stderr.write(`${command} ${args.join(" ")}\n`);
  return spawnSync(command, args, { stdio: ["ignore", "ignore", "inherit"] }).status === 0;
}

if (find() === undefined && process.platform === "linux" && process.getuid?.() === 0) {
  process.env["DEBIAN_FRONTEND"] = "noninteractive";
  if (run("apt-get", ["update", "-q"])) run("apt-get", ["install", "-q", "-y", "--no-install-recommends", "chromium"]);
}
const found = find();
if (found === undefined) {
  process.stderr.write("No Chromium was found, and it could not be installed. Install one, or name it in the environment variable CHROMIUM; the browser tests need it.\n");
  process.exitCode = 1;
} else process.stdout.write(`${found}\n`);
