/** Installs a Redis server where the system's packages can be installed: with it a test shares work over a queue. Without it that test is left out. */
import { spawnSync } from "node:child_process";

const works = (): boolean => spawnSync("redis-server", ["--version"]).status === 0;
const apt = (...args: readonly string[]): boolean =>
  spawnSync("apt-get", args, {
    stdio: ["ignore", "ignore", "inherit"],
    timeout: 600_000,
    // It is started by the test alone.
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" },
  }).status === 0;

if (process.platform === "linux" && process.getuid?.() === 0 && !works() && apt("update", "-q"))
  apt("install", "-q", "-y", "--no-install-recommends", "redis-server");
if (!works()) process.stderr.write("There is no redis-server: sharing work over Redis will not be tested.\n");
