/**
 * Completes package-lock.json after `npm install` where the registry does not serve every platform:
 *
 *     node tools/complete-lock.ts
 *
 * A tool with native parts lists one optional package per platform. npm leaves those that it could not look up out of the lock, and `npm ci` then refuses the lock. Each gets its entry back, with the
 * version that its parent asks for and the platform that its name tells, so that it is skipped everywhere else.
 */
import { readFile, writeFile } from "node:fs/promises";

interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
}

const systems = ["android", "darwin", "freebsd", "linux", "openharmony", "win32"];
const processors = ["arm64", "armv7", "arm", "ia32", "ppc64", "riscv64", "s390x", "x64"];

/** The platform in a name such as `@oxc-parser/binding-linux-arm-musleabihf`. */
function platformOf(name: string): Pick<LockedPackage, "os" | "cpu" | "libc"> {
  const words = name.split("/").at(-1)!.split("-");
  const os = systems.find((system) => words.includes(system));
  const processor = processors.find((each) => words.includes(each));
  if (os === undefined || processor === undefined) throw new Error(`${name}: its name does not tell its platform; add it to package-lock.json by hand`);
  const libc = words.some((word) => word.startsWith("musl")) ? "musl" : words.some((word) => word.startsWith("gnu")) ? "glibc" : undefined;
  return { os: [os], cpu: [processor === "armv7" ? "arm" : processor], ...(libc === undefined ? {} : { libc: [libc] }) };
}

/** What the package at `path` lies in: another package, or the project (""). */
function ownerOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("node_modules/") - 1));
}

/** Where the package at `path` looks for others: in its own folder, in its owner's, and so on. */
function foldersOf(path: string): string[] {
  return path === "" ? ["node_modules/"] : [`${path}/node_modules/`, ...foldersOf(ownerOf(path))];
}

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(await readFile(file, "utf8")) as { packages: Record<string, LockedPackage> };
const added: Record<string, LockedPackage> = {};
for (const [parent, { dev, optionalDependencies = {} }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (foldersOf(parent).some((folder) => lock.packages[`${folder}${name}`] !== undefined)) continue;
    if (!/^\d/.test(version)) throw new Error(`${parent} asks for ${name} ${version}: not one exact version; add it to package-lock.json by hand`);
    added[`${foldersOf(ownerOf(parent))[0]}${name}`] = { version, ...platformOf(name), ...(dev === true ? { dev } : {}), optional: true };
  }
}
// npm sorts the paths this way too, so that its next run changes nothing here.
const packages = Object.fromEntries(Object.entries({ ...lock.packages, ...added }).sort(([a], [b]) => a.localeCompare(b, "en")));
await writeFile(file, `${JSON.stringify({ ...lock, packages }, undefined, 2)}\n`);
process.stdout.write(`${Object.keys(added).length} packages added\n`);
