/** Installs Open MPI where the system's packages can be installed: with it a test trains in several processes. Without it that test is left out. */
import { spawnSync } from "node:child_process";

const works = (): boolean => spawnSync("mpirun", ["--version"]).status === 0;
const apt = (...args: readonly string[]): boolean =>
  spawnSync("apt-get", args, { stdio: ["ignore", "ignore", "inherit"], timeout: 600_000, env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } })
    .status === 0;

if (process.platform === "linux" && process.getuid?.() === 0 && !works() && apt("update", "-q"))
  apt("install", "-q", "-y", "--no-install-recommends", "openmpi-bin");
if (!works()) process.stderr.write("There is no mpirun: training in several processes will not be tested.\n");
