/** Installs programs that some tests need where the system's packages can be installed. A test whose program is missing is left out. */
import { spawnSync } from "node:child_process";

const programs = [
  { program: "strace", version: "-V", debianPackage: "strace", untested: "that nothing is reported" },
  { program: "mpirun", version: "--version", debianPackage: "openmpi-bin", untested: "training in several processes" },
  { program: "redis-server", version: "--version", debianPackage: "redis-server", untested: "sharing work over Redis" },
];

const missing = (): typeof programs => programs.filter(({ program, version }) => spawnSync(program, [version]).status !== 0);
const apt = (...args: readonly string[]): boolean =>
  spawnSync("apt-get", args, {
    stdio: ["ignore", "ignore", "inherit"],
    timeout: 600_000,
    // Services are started by tests alone.
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" },
  }).status === 0;

const wanted = missing();
if (wanted.length > 0 && process.platform === "linux" && process.getuid?.() === 0 && apt("update", "-q"))
  for (const { debianPackage } of wanted) apt("install", "-q", "-y", "--no-install-recommends", debianPackage);
for (const { program, untested } of missing()) process.stderr.write(`There is no ${program}: ${untested} will not be tested.\n`);
